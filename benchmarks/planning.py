"""Planning: `snakemake -n -q` for thousands of runs against a plain Snakefile with as many outputs as runs.

Goals: with the default packs at most 1.2 times its time, with a job for each run 2.5 times, 2 times its memory, and
linear in the number of runs.
Usage: python -m benchmarks.planning [--runs 1000 3000 10000 30000] [--rounds 3]; multiples of 100 runs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks.project import METRICS, Project
from benchmarks.rounds import Comparison, Finished, Section, shown, timed

PACKED, SINGLE, PLAIN, ALONE = "default packs", "packs of one run", "plain Snakefile", "the plan alone"
DATASETS = ("synthetic_8", "synthetic_16")
METHODS = ("vae", "wae_mmd", "ard_vae", "maskaae", "pca")
SEEDS = 10
LONGEST = {PACKED: 1.2, SINGLE: 2.5}  # times the plain Snakefile's seconds
OPTIONS = ("-n", "-q", "--cores", "1")
PLAIN_SNAKEFILE = """\
rule all:
    input: [f"out/{{i}}.txt" for i in range({runs})]

rule make:
    output: "out/{{i}}.txt"
    shell: "echo {{wildcards.i}} > {{output}}"
"""
PLAN_ALONE = """\
from latentdim.plan.expand import plan_study
plan = plan_study("{study}")
print(len(plan.runs), len(plan.packs))
"""


def write(root: Path, runs: int) -> dict[str, Callable[[], Finished]]:
    """Generate the studies and the plain Snakefile for so many runs; a command for each contender."""
    project = Project.copied(root / f"suite-{runs}")
    dims = list(range(2, 2 + runs // (len(DATASETS) * len(METHODS) * SEEDS)))
    grid = [{"datasets": DATASETS, "methods": {name: {} for name in METHODS}, "dims": dims, "seeds": SEEDS}]
    exhibits = [{"kind": "results", "name": "results"}]
    project.study("packed", grid=grid, metrics=METRICS, exhibits=exhibits)
    project.study("single", grid=grid, metrics=METRICS, exhibits=exhibits, execution={"pack_size": 1})
    plain = root / f"plain-{runs}"
    plain.mkdir()
    (plain / "Snakefile").write_text(PLAIN_SNAKEFILE.format(runs=runs))

    def snakemake(folder: Path, target: str) -> Callable[[], Finished]:
        return lambda: timed([sys.executable, "-m", "snakemake", target, *OPTIONS], folder=folder)

    alone = [sys.executable, "-c", PLAN_ALONE.format(study="packed")]
    return {
        PACKED: snakemake(project.root, "packed"),
        SINGLE: snakemake(project.root, "single"),
        PLAIN: snakemake(plain, "all"),
        ALONE: lambda: timed(alone, folder=project.root),
    }


def section(sizes: list[int], *, rounds: int) -> Section:
    """Measure every size; wall time of a fresh process and its largest resident memory."""
    found: dict[tuple[str, int], list[Finished]] = {}
    with tempfile.TemporaryDirectory() as folder:
        commands = {runs: write(Path(folder), runs) for runs in sizes}
        for number in range(rounds):
            for runs in sizes:
                for name, command in commands[runs].items():
                    found.setdefault((name, runs), []).append(command())
                times = "  ".join(f"{name} {found[name, runs][-1].seconds:.2f} s" for name in commands[runs])
                print(f"  round {number + 1}/{rounds}  {runs:,} runs  {times}", file=sys.stderr, flush=True)
    comparisons = [
        line
        for runs in sizes
        for name in (PACKED, SINGLE)
        for line in compared(name, runs, found[name, runs], found[PLAIN, runs])
    ]
    lines = [growth(name, sizes, found) for name in (PACKED, SINGLE, PLAIN, ALONE)]
    text = (
        f"`snakemake TARGET {' '.join(OPTIONS)}` in a fresh process: a generated study ({len(METHODS)} methods on "
        f"{len(DATASETS)} datasets, {SEEDS} seeds, {len(METRICS)} metrics, one exhibit) with the default packs and "
        "with one job a run, and a plain Snakefile of one rule with as many outputs as there are runs."
    )
    return Section("Planning", text, tuple(comparisons), tuple(lines))


def compared(name: str, runs: int, ours: list[Finished], plain: list[Finished]) -> tuple[Comparison, Comparison]:
    """Time and memory of one contender for one number of runs."""
    time = Comparison(
        f"seconds to plan {runs:,} runs", name, PLAIN, tuple(f.seconds for f in ours),
        tuple(f.seconds for f in plain), most=LONGEST[name],
    )  # fmt: skip
    memory = Comparison(
        f"MB to plan {runs:,} runs", name, PLAIN, tuple(f.memory_mb for f in ours),
        tuple(f.memory_mb for f in plain), most=2.0,
    )  # fmt: skip
    return time, memory


def growth(name: str, sizes: list[int], found: dict[tuple[str, int], list[Finished]]) -> str:
    """Time and memory of every size, and how the processor's time grows: the same number again where it is linear."""
    seconds = {runs: median(one.seconds for one in found[name, runs]) for runs in sizes}
    cpu = {runs: median(one.cpu_seconds for one in found[name, runs]) for runs in sizes}
    memory = {runs: max(one.memory_mb for one in found[name, runs]) for runs in sizes}
    totals = ", ".join(
        f"{runs:,} runs {shown(seconds[runs])} s ({shown(cpu[runs])} s of the processor) and {memory[runs]:.0f} MB"
        for runs in sizes
    )
    steps = [1e3 * (cpu[more] - cpu[fewer]) / (more - fewer) for fewer, more in pairwise(sizes)]
    slopes = ", then ".join(f"{step:.2f} s" for step in steps)
    return f"{name}: {totals}" + (f"; each further 1,000 runs take the processor {slopes}" if steps else "")


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, nargs="+", default=[1000, 3000, 10_000, 30_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="for the program that makes the whole table")
    given = parser.parse_args()
    found = section(given.runs, rounds=given.rounds)
    print(found.as_json() if given.json else found.markdown())


if __name__ == "__main__":
    main()
