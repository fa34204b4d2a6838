"""Which of several measured values is the best, as far as their spreads let anybody say.

Whatever prints a best one (tables in bold, findings, a recommendation) asks here. Plain Python.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Estimate:
    """A value and how far it would move if it were had again.

    Attributes:
        spread: standard deviation over seeds, or that of a single run's own estimate where it is larger; None where
            neither is known. Of a single run it says nothing about other seeds: the least that is known.
    """

    value: float
    spread: float | None


def told_apart(first: Estimate, second: Estimate) -> bool:
    """Whether two values differ by more than both their spreads together.

    Equal bands of one spread to either side then don't touch. Values whose spread isn't known are never told apart.
    """
    if first.spread is None or second.spread is None:
        return False
    return abs(first.value - second.value) > first.spread + second.spread


def leaders(estimates: Mapping[Name, Estimate], better: Literal["lower", "higher"]) -> list[Name]:
    """The names that may be the best: that of the best value, then all that can't be told apart from it.

    Args:
        estimates: of the rivals, by name.
        better: which direction wins.

    Returns:
        In the order of their values, the best first; the only one is the best clearly. Empty where there are no rivals.
    """
    sign = 1.0 if better == "lower" else -1.0
    order = sorted(estimates, key=lambda name: sign * estimates[name].value)
    return [name for name in order if name == order[0] or not told_apart(estimates[order[0]], estimates[name])]
