"""Statistics of a few seeds. Plain Python, so that whatever reads them needs neither numpy nor torch."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

FEWEST_SEEDS = 3  # for a mean and a deviation; the deviation of two is half their difference


@dataclass(frozen=True)
class Spread:
    """Mean and population standard deviation of n values; the mean is None without a value, the other below two."""

    mean: float | None
    std: float | None
    n: int


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean.

    Raises:
        ValueError: if there are no values.
    """
    return statistics.fmean(list(values))


def population_std(values: Iterable[float]) -> float:
    """Population standard deviation: divided by n, not n − 1, as in the papers' tables; 0 for a single value.

    Raises:
        ValueError: if there are no values.
    """
    return float(statistics.pstdev(list(values)))


def spread(values: Iterable[float]) -> Spread:
    """Mean, population standard deviation and count; NaN is refused, since it is never a result.

    Raises:
        ValueError: if a value is not finite.
    """
    numbers = list(values)
    if not all(math.isfinite(value) for value in numbers):
        raise ValueError(f"not finite: {[value for value in numbers if not math.isfinite(value)]}")
    std = population_std(numbers) if len(numbers) > 1 else None
    return Spread(mean(numbers) if numbers else None, std, len(numbers))
