"""Statistics of a few seeds. Plain Python, so that whatever reads them needs neither numpy nor torch."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

FEWEST_SEEDS = 3  # for a mean and a deviation; the deviation of two is half their difference


@dataclass(frozen=True)
class Spread:
    """Mean and population standard deviation of n values; both None where there are none."""

    mean: float | None
    std: float | None
    n: int


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean.

    Raises:
        ValueError: if there are no values.
    """
    numbers = list(values)
    if not numbers:
        raise ValueError("the mean of no values")
    return math.fsum(numbers) / len(numbers)


def population_std(values: Iterable[float]) -> float:
    """Population standard deviation: divided by n, not n − 1, as in the papers' tables; 0 for a single value.

    Raises:
        ValueError: if there are no values.
    """
    numbers = list(values)
    centre = mean(numbers)
    return math.sqrt(math.fsum((value - centre) ** 2 for value in numbers) / len(numbers))


def spread(values: Iterable[float]) -> Spread:
    """Mean, population standard deviation and count; NaN is refused, since it is never a result.

    Raises:
        ValueError: if a value is not finite.
    """
    numbers = list(values)
    if not all(math.isfinite(value) for value in numbers):
        raise ValueError(f"not finite: {[value for value in numbers if not math.isfinite(value)]}")
    return Spread(mean(numbers), population_std(numbers), len(numbers)) if numbers else Spread(None, None, 0)
