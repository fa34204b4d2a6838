"""Alternating rounds and what comes out of them: ratios of medians, with the spread over rounds.

Machines are shared and their clocks wander, so two contenders are only ever compared within one process tree, in turn
(A B C A B C …). A figure from another day or another machine is no baseline.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Comparison:
    """One line of the table: the same quantity of two contenders over rounds.

    Attributes:
        what: the quantity and the circumstances, with its unit.
        ours, theirs: names of the two contenders.
        values, baseline: one value a round, in the order of the rounds.
        least: the ratio to reach, where more is better.
        most: the ratio to stay under, where less is better.
    """

    what: str
    ours: str
    theirs: str
    values: tuple[float, ...]
    baseline: tuple[float, ...]
    least: float | None = None
    most: float | None = None

    @property
    def ratio(self) -> float:
        """Ratio of the medians, ours over theirs."""
        return median(self.values) / median(self.baseline)

    @property
    def spread(self) -> tuple[float, float]:
        """Smallest and largest ratio of one round."""
        ratios = [ours / theirs for ours, theirs in zip(self.values, self.baseline, strict=True)]
        return min(ratios), max(ratios)

    @property
    def goal(self) -> str:
        """The goal and whether the ratio meets it."""
        if self.least is not None:
            return f"≥ {self.least:g}: {'met' if self.ratio >= self.least else 'missed'}"
        if self.most is not None:
            return f"≤ {self.most:g}: {'met' if self.ratio <= self.most else 'missed'}"
        return ""

    def row(self) -> str:
        """A row of the Markdown table."""
        low, high = self.spread
        cells = (
            self.what, self.ours, shown(median(self.values)), self.theirs, shown(median(self.baseline)),
            f"**{self.ratio:.2f}**", f"{low:.2f}–{high:.2f}", str(len(self.values)), self.goal,
        )  # fmt: skip
        return f"| {' | '.join(cells)} |"


HEADER = (
    "| what | of | median | against | median | ratio | least–most of a round | rounds | goal |\n"
    "| --- | --- | ---: | --- | ---: | ---: | --- | ---: | --- |"
)


@dataclass(frozen=True)
class Section:
    """A part of the report: what was done, in words, its comparisons, and plain lines below them."""

    title: str
    text: str
    comparisons: tuple[Comparison, ...] = ()
    lines: tuple[str, ...] = ()

    def markdown(self) -> str:
        """The section as Markdown."""
        parts = [f"## {self.title}", self.text]
        if self.comparisons:
            parts.append("\n".join([HEADER, *(comparison.row() for comparison in self.comparisons)]))
        if self.lines:
            parts.append("\n".join(f"- {line}" for line in self.lines))
        return "\n\n".join(parts) + "\n"

    def as_json(self) -> str:
        """For a parent process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Section:
        """What :meth:`as_json` wrote."""
        found = json.loads(text)
        listed = ({k: tuple(v) if isinstance(v, list) else v for k, v in c.items()} for c in found["comparisons"])
        comparisons = tuple(Comparison(**comparison) for comparison in listed)
        return cls(found["title"], found["text"], comparisons, tuple(found["lines"]))


def command_line(section: Callable[..., Section], about: str | None, *, rounds: int) -> None:
    """The command line of a module with one section: measure it and print it.

    Args:
        section: takes ``rounds`` and ``tiny``.
        about: the module's docstring.
        rounds: where the command line names no other number.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--tiny", action="store_true", help="seconds in all, to see that everything runs")
    parser.add_argument("--json", action="store_true", help="for the program that makes the whole table")
    given = parser.parse_args()
    found = section(rounds=given.rounds, tiny=given.tiny)
    print(found.as_json() if given.json else found.markdown())


def alternating(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, tuple[float, ...]]:
    """Values of each contender, measured in turn, after one unmeasured call of each."""
    for contender in contenders.values():
        contender()
    values: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, contender in contenders.items():
            values[name].append(contender())
        print(f"  round {number + 1}/{rounds}  " + summary(values), file=sys.stderr, flush=True)
    return {name: tuple(found) for name, found in values.items()}


def summary(values: Mapping[str, list[float]]) -> str:
    """The newest value of each contender."""
    return "  ".join(f"{name} {shown(found[-1])}" for name, found in values.items())


def shown(value: float) -> str:
    """Three digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def environment(threads: int, *first_on_path: Path, policy: str = "PASSIVE") -> dict[str, str]:
    """Variables of a measuring process: as many threads as told, and how they wait for each other."""
    path = os.pathsep.join([*map(str, first_on_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    counts = {name: str(threads) for name in THREAD_VARIABLES}
    return os.environ | counts | {"OMP_WAIT_POLICY": policy, "PYTHONPATH": path}


@dataclass(frozen=True)
class Finished:
    """A finished command: wall time in seconds, largest memory of a process of its in MB, processor time in seconds."""

    seconds: float
    memory_mb: float
    cpu_seconds: float


# A process begins its life with its parent's memory, which the kernel counts as its own. So a small one stands between.
WATCHER = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
code = subprocess.call(sys.argv[2:])
seconds = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as told:
    json.dump([code, seconds, used.ru_maxrss / 1024, used.ru_utime + used.ru_stime], told)
"""


def timed(command: list[str], *, folder: Path, env: Mapping[str, str] | None = None) -> Finished:
    """Run a command to its end.

    Raises:
        RuntimeError: with the end of its output, if it fails.
    """
    told, printed = folder / "watched.json", folder / "output.txt"
    watched = [sys.executable, "-S", "-c", WATCHER, str(told.resolve()), *command]
    with printed.open("w", encoding="utf-8") as output:
        subprocess.run(watched, cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT, check=True)
    code, seconds, memory_mb, cpu_seconds = json.loads(told.read_text(encoding="utf-8"))
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{printed.read_text(encoding='utf-8')[-4000:]}")
    return Finished(seconds, memory_mb, cpu_seconds)
