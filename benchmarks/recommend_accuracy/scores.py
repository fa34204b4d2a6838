"""How near each contender came, and whether ours was nearer than the best of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from latentdim.system.seeds import stream

Line = Mapping[str, Any]
DRAWS = 4000  # of the bootstrap


@dataclass(frozen=True)
class Score:
    """One contender on some cases.

    Attributes:
        answered: cases in which it gave a number; ``cases`` is how many there were.
        error: mean absolute error in per cent of the true dimension, where it answered.
        median: the same, median.
        bias: mean error in per cent.
        near: cases within 1, or 10 per cent, of the true dimension.
        seconds: mean time of a case.
    """

    contender: str
    cases: int
    answered: int
    error: float
    median: float
    bias: float
    near: int
    seconds: float


def scores(lines: Sequence[Line]) -> list[Score]:
    """All contenders, the nearest first."""
    names = dict.fromkeys(line["contender"] for line in lines)
    return sorted((_score(name, [line for line in lines if line["contender"] == name]) for name in names), key=_order)


def _order(score: Score) -> tuple[bool, float]:
    return bool(np.isnan(score.error)), score.error


def _score(name: str, lines: Sequence[Line]) -> Score:
    valued = [line for line in lines if line["value"] is not None]
    errors = np.array([relative_error(line) for line in valued]) if valued else np.array([np.nan])
    near = sum(abs(line["value"] - line["dim"]) <= max(1.0, 0.1 * line["dim"]) for line in valued)
    return Score(
        name, len(lines), len(valued), float(np.abs(errors).mean()), float(np.median(np.abs(errors))),
        float(errors.mean()), near, float(np.mean([line["seconds"] for line in lines])),
    )  # fmt: skip


def relative_error(line: Line) -> float:
    """In per cent of the true dimension."""
    return float(100.0 * (line["value"] / line["dim"] - 1.0))


def case_of(line: Line) -> tuple[str, int, int, float]:
    """What a line's estimate is of."""
    return line["family"], line["dim"], line["rows"], line["noise"]


def advantage(lines: Iterable[Line], ours: str, other: str) -> tuple[float, float, float]:
    """How much smaller our absolute error is than another's, in points, with an interval of 95 %.

    Over the cases that both answered; the interval by a bootstrap of families' members, since one member's cases under
    several conditions are alike.
    """
    errors: dict[str, dict[tuple[str, int, int, float], float]] = {ours: {}, other: {}}
    for line in lines:
        if line["contender"] in errors and line["value"] is not None:
            errors[line["contender"]][case_of(line)] = abs(relative_error(line))
    both = sorted(errors[ours].keys() & errors[other].keys())
    members = sorted({case[:2] for case in both})
    sums, counts = np.zeros(len(members)), np.zeros(len(members))
    for case in both:
        sums[members.index(case[:2])] += errors[other][case] - errors[ours][case]
        counts[members.index(case[:2])] += 1
    drawn = stream("recommend_accuracy", "bootstrap").integers(0, len(members), (DRAWS, len(members)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(sums.sum() / counts.sum()), float(low), float(high)


def covered(lines: Iterable[Line], ours: str) -> tuple[int, int]:
    """In how many cases our interval of 95 % holds the true dimension, and of how many."""
    valued = [line for line in lines if line["contender"] == ours and line["value"] is not None]
    return sum(line["low"] <= line["dim"] <= line["high"] for line in valued), len(valued)
