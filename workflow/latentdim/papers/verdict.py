"""The verdict on one number: ours beside what a paper prints. The one home of its rule, fixed before any run.

With a printed spread a number is *reproduced* if

    |ours − theirs| ≤ 2 √(s₁² / n₁ + s₂² / n₂) + half a unit of the last printed digit,

s² being sample variances. Papers print population deviations σ over n seeds (numpy's default), hence s² / n = σ² /
(n − 1). Without a printed spread, or without the seeds that it is of, a number is reproduced within 5 % of theirs, a
count of dimensions within 1, and no finer than half a unit of the last printed digit. Numbers that no chance is in
(parameters, a true dimension) have to be equal, at whatever scale. What isn't reproduced is *better* or *worse* by the
metric's direction, and *differs* where it has none. Fewer than three seeds of ours are *inconclusive*. What is measured
is *not comparable* below the paper's scale, on other data, in other features, or, of time and memory, on other
hardware, and *missing* where there is none, with the reason.

The rule misses by chance, too: were both drawn from one normal law, |ours − theirs| / √(s₁² / n₁ + s₂² / n₂) would
follow Student's t, with Welch's degrees of freedom, and be larger than 2 in 8 % of all cells with five seeds on both
sides and equal spreads (half a unit of the last digit makes it less). Where the paper prints no spread, theirs is taken
to be ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from latentdim.outcomes.seed_statistics import FEWEST_SEEDS
from latentdim.papers.student import beyond

ERRORS = 2.0  # standard errors of the difference that may lie between the two
SHARE = 0.05  # of a number printed without its spread
DIMENSIONS = 1.0  # likewise, of a count of dimensions

Rule = Literal["value", "dimensions", "exact"]


class Verdict(StrEnum):
    """How ours stands beside theirs."""

    REPRODUCED = "reproduced"
    BETTER = "better"
    WORSE = "worse"
    DIFFERS = "differs"
    INCONCLUSIVE = "inconclusive"
    NOT_COMPARABLE = "not comparable"
    MISSING = "missing"
    OF_CLAIM = "judged as a claim"  # no cell's, but a sentence's
    NOT_PRINTED = "not printed"  # the paper has a word, a dash or a lost number there


@dataclass(frozen=True)
class Judgement:
    """A verdict with what it rests on.

    Attributes:
        detail: in brackets: the seeds of an inconclusive one, what isn't comparable, why it is missing.
        tolerance: what may lie between the two; None where they aren't compared.
        chance: the probability that equality would miss it; 0 where they aren't compared.
    """

    verdict: Verdict
    detail: str = ""
    tolerance: float | None = None
    chance: float = 0.0

    def __str__(self) -> str:
        return f"{self.verdict} ({self.detail})" if self.detail else str(self.verdict)


@dataclass(frozen=True)
class Seeds:
    """A mean over seeds.

    Attributes:
        std: population standard deviation; None where it isn't known.
        n: None where it isn't known.
    """

    mean: float
    std: float | None = None
    n: int | None = None

    @property
    def error_squared(self) -> float | None:
        """s² / n, the squared error of the mean; None where spread or seeds aren't known, or it is a single one."""
        return None if self.std is None or self.n is None or self.n < 2 else self.std**2 / (self.n - 1)


def judge(
    ours: Seeds | None, theirs: Seeds | None, *, decimals: int = 0, rule: Rule = "value",
    better: Literal["lower", "higher"] | None = None, missing: str = "", incomparable: Sequence[str] = (),
) -> Judgement:  # fmt: skip
    """The verdict, by the rule above.

    Args:
        ours: in the paper's unit; None where there is none.
        theirs: as printed; None where no number is.
        decimals: digits that theirs is printed with after the point.
        rule: whether it is a count of dimensions, or has to be equal.
        missing: why there is none of ours.
        incomparable: in what ours isn't comparable: ``scale``, ``data``, ``features``.
    """
    if ours is None:
        return Judgement(Verdict.MISSING, missing)
    if theirs is None:
        return Judgement(Verdict.NOT_PRINTED)
    if incomparable:
        return Judgement(Verdict.NOT_COMPARABLE, ", ".join(incomparable))
    difference = ours.mean - theirs.mean
    if rule == "exact":
        return Judgement(Verdict.REPRODUCED if difference == 0 else Verdict.DIFFERS, tolerance=0.0)
    if ours.n is None or ours.n < FEWEST_SEEDS:
        return Judgement(Verdict.INCONCLUSIVE, str(ours.n or 0))
    tolerance = tolerance_of(ours, theirs, decimals=decimals, rule=rule)
    near = abs(difference) <= tolerance or math.isclose(abs(difference), tolerance, rel_tol=1e-9)
    verdict = Verdict.REPRODUCED if near else _side(difference, better)
    return Judgement(verdict, tolerance=tolerance, chance=chance_of_a_miss(ours, theirs, tolerance))


def tolerance_of(ours: Seeds, theirs: Seeds, *, decimals: int, rule: Rule) -> float:
    """What may lie between the two."""
    rounding, errors = 0.5 * 10.0**-decimals, (ours.error_squared, theirs.error_squared)
    if errors[0] is not None and errors[1] is not None:
        return ERRORS * math.sqrt(errors[0] + errors[1]) + rounding
    return max(DIMENSIONS if rule == "dimensions" else SHARE * abs(theirs.mean), rounding)


def chance_of_a_miss(ours: Seeds, theirs: Seeds, tolerance: float) -> float:
    """How often a tolerance would be missed if both were drawn from one law, by Student's t with Welch's freedom.

    Where theirs has no spread, or no seeds that it is of, theirs is taken to be ours, over one seed.
    """
    first = ours.error_squared
    if first is None or ours.n is None:
        return 0.0
    second, freedom = theirs.error_squared, (theirs.n or 0) - 1
    if second is None:
        second, freedom = first * ours.n / (theirs.n or 1), 0
    whole = first + second
    if whole == 0.0:
        return 0.0
    if freedom < 1:  # one estimate of the spread stands for both
        return beyond(tolerance / math.sqrt(whole), ours.n - 1)
    welch = whole**2 / (first**2 / (ours.n - 1) + second**2 / freedom)
    return beyond(tolerance / math.sqrt(whole), welch)


def _side(difference: float, better: Literal["lower", "higher"] | None) -> Verdict:
    if better is None:
        return Verdict.DIFFERS
    return Verdict.BETTER if (difference < 0) == (better == "lower") else Verdict.WORSE
