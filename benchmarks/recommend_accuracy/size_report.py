"""The report of recommended sizes: how often each aim was reached, and what was answered where it wasn't."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentdim.system.files import write_text

Line = Mapping[str, Any]
INTRODUCTION = """\
# How often the recommended size is the right one

Made by `python -m benchmarks.recommend_accuracy --sizes`: `latentdim recommend --budget {budget}` for data whose
smallest size is known (`benchmarks/recommend_accuracy/size_cases.py`), with **reached** of **cases** and an exact
interval of 95 % for the share. The rule of a recommendation and its trainings were set on other data of these kinds
(README names them) before any case was asked about; nothing was changed after looking.
"""


@dataclass(frozen=True)
class Aim:
    """What should hold of some cases.

    Attributes:
        share: of them in which it should.
        reached: whether it does in one.
    """

    text: str
    share: float
    reached: Callable[[Line], bool]


def _near(line: Line) -> bool:
    return line["value"] is not None and abs(line["value"] - line["dim"]) <= max(1.0, 0.1 * line["dim"])


def _near_or_within(line: Line) -> bool:
    if line["value"] is None:
        return False
    return bool(abs(line["value"] - line["dim"]) <= 0.15 * line["dim"] or line["low"] <= line["dim"] <= line["high"])


def _equal_and_explained(line: Line) -> bool:
    return bool(line["value"] == line["dim"] and line["explained"])


AIMS: Mapping[str, Aim] = {
    "synthetic": Aim("synthetic, n = 3 … 24: within max(1, 10 %) of n", 0.95, _near),
    "synthetic above 24": Aim(
        "synthetic, n = 28 … 40: within 15 %, or an interval that holds n", 0.95, _near_or_within
    ),
    "closed": Aim("circle, sphere, torus, Möbius strip: exact, and why it is above d", 0.9, _equal_and_explained),
    "noise": Aim("60 examples of noise in 128 values: exit code 3", 1.0, lambda line: line["exit_code"] == 3),
}


def write_sizes_report(lines: Sequence[Line], folder: Path) -> None:
    """Write recommend_accuracy_sizes.md."""
    budgets = ", ".join(sorted({line["budget"] for line in lines}))
    parts = [INTRODUCTION.format(budget=budgets), _versions(lines), _aims(lines), _families(lines), _missed(lines)]
    write_text(folder / "recommend_accuracy_sizes.md", "\n".join(filter(None, parts)))


def _versions(lines: Sequence[Line]) -> str:
    codes = sorted({f"{line['version']} ({line['commit'] or 'no commit'})" for line in lines})
    return f"Asked with version {', '.join(codes)}.\n"


def _aims(lines: Sequence[Line]) -> str:
    rows = ["| aim | share | cases | reached | 95 % |", "| --- |" + " ---: |" * 4]
    for name, aim in AIMS.items():
        of = [line for line in lines if line["aim"] == name]
        reached = sum(map(aim.reached, of))
        rows.append(f"| {aim.text} | {100 * aim.share:.0f} % | {len(of)} | {reached} | {interval(reached, len(of))} |")
    return "\n".join(rows) + "\n"


def interval(count: int, of: int) -> str:
    """Clopper and Pearson's, of a share in per cent."""
    from scipy.stats import binomtest

    if not of:
        return "none"
    found = binomtest(count, of).proportion_ci(0.95, method="exact")
    return f"{100 * found.low:.0f} to {100 * found.high:.0f} %"


def _families(lines: Sequence[Line]) -> str:
    """By family, noise and rows: how many are exact, and what they cost."""
    rows = ["| data | cases | exact | reached | minutes | core minutes |", "| --- |" + " ---: |" * 5]
    groups = dict.fromkeys((line["family"], line["noise"], line["rows"]) for line in lines)
    for family, noise, n_rows in groups:
        of = [line for line in lines if (line["family"], line["noise"], line["rows"]) == (family, noise, n_rows)]
        exact = sum(line["value"] == line["dim"] for line in of)
        reached = sum(AIMS[line["aim"]].reached(line) for line in of)
        minutes, core = (sum(line[key] for line in of) / len(of) / 60 for key in ("seconds", "core_seconds"))
        title = f"{family}, {n_rows:,} rows, noise {noise:g}"
        rows.append(f"| {title} | {len(of)} | {exact} | {reached} | {minutes:.1f} | {core:.1f} |")
    return "\n".join(rows) + "\n"


def _missed(lines: Sequence[Line]) -> str:
    """Every case that didn't reach its aim, with what was answered."""
    missed = [line for line in lines if not AIMS[line["aim"]].reached(line)]
    if not missed:
        return ""
    rows = ["| not reached | smallest size | recommended | interval | d |", "| --- |" + " ---: |" * 4]
    for line in missed:
        value = "no answer" if line["value"] is None else str(line["value"])
        between = "none" if line["low"] is None else f"{line['low']} to {line['high']}"
        d = line.get("intrinsic")
        rows.append(
            f"| `{line['case']}` | {line['dim']} | {value} | {between} | {'none' if d is None else f'{d:.3g}'} |"
        )
    return "\n".join(rows) + "\n"
