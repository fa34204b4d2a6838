"""Run every benchmark and write `reports/benchmark.md`. About half an hour on two cores, which should be idle.

Usage: python -m benchmarks [--rounds 5] [--only training planning …]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks import machine, training
from benchmarks.rounds import ROOT, Section
from latentdim.system.files import write_text

ALONE = ("earlier", "shell", "grid", "side_by_side", "planning", "collecting", "overhead", "rendering", "evaluation")
INTRODUCTION = """\
# Speed

Made by `make bench`. Contenders are measured in alternating rounds (A B C A B C …) within one run; **ratio** is the
median of the first over the median of the second, the column after it the least and the most of one round. Absolute
figures hold for this machine only.
"""


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=("training", *ALONE), default=["training", *ALONE])
    parser.add_argument("--into", type=Path, default=Path("reports/benchmark.md"))
    given = parser.parse_args()
    before = machine.load()
    sections = []
    if "training" in given.only:
        sections += training.sections([2, 1], rounds=given.rounds, tiny=False)
    for name in ALONE:
        if name in given.only:
            sections += alone(name, rounds=given.rounds)
    facts = [*machine.described(), f"load of the machine before and after: {before} and {machine.load()}"]
    heading = INTRODUCTION + "\n" + "\n".join(f"- {fact}" for fact in facts) + "\n"
    text = "\n".join([heading, *(section.markdown() for section in sections)])
    write_text(given.into, text)
    print(text)


def alone(name: str, *, rounds: int) -> list[Section]:
    """The section of one script, run by itself; none where it has nothing to say."""
    print(f"{name.replace('_', ' ')}:", file=sys.stderr)
    command = [sys.executable, "-m", f"benchmarks.{name}", "--rounds", str(rounds), "--json"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return [Section.from_json(done.stdout)] if done.stdout.strip() else []


if __name__ == "__main__":
    main()
