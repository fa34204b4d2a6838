"""What a metric gives where there is nothing to find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import Any, Self

MARGIN = 2.0  # of its standard deviations above it, a value can still be the floor's


@dataclass(frozen=True)
class Floor:
    """The value of a metric where there is nothing to find, at the same counts: an estimator's bias, or chance.

    A value at it tells no more than that. Where lower is better it can't be told from the best there is (two samples
    of one law are some distance apart); where higher is better, from a model that knows nothing.

    Attributes:
        value: in the metric's unit.
        of: whose value it is, as the end of "no better than …".
        spread: its standard deviation from draw to draw; None where that isn't known.
    """

    value: float
    of: str
    spread: float | None = None

    @classmethod
    def over(cls, draws: Sequence[float], of: str) -> Self:
        """The floor from two or more draws."""
        return cls(fmean(draws), of, stdev(draws))

    def reaches(self, value: float) -> bool:
        """Whether a value is at the floor: below it, or less than two standard deviations above."""
        return value <= self.value + MARGIN * (self.spread or 0.0)

    def content(self) -> dict[str, Any]:
        """As it stands in a metric's file."""
        return asdict(self)
