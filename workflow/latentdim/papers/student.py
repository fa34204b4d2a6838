"""What Student's t distribution says of a few seeds."""

from __future__ import annotations

import math

from latentdim.outcomes.seed_statistics import FEWEST_SEEDS

CONFIDENCE = 0.95


def t_interval(mean: float, std: float, n: int) -> tuple[float, float] | None:
    """The 95 % interval of the mean of normally distributed values; None below three of them.

    Args:
        std: population standard deviation of the n values, so that the mean's own error is std / √(n − 1).
    """
    if n < FEWEST_SEEDS:
        return None
    from scipy.special import stdtrit

    reach = float(stdtrit(n - 1, 0.5 + CONFIDENCE / 2)) * std / math.sqrt(n - 1)
    return mean - reach, mean + reach


def beyond(threshold: float, freedom: float) -> float:
    """The probability that |t| is larger than a threshold.

    Args:
        freedom: degrees of freedom, not necessarily whole.
    """
    from scipy.special import stdtr

    return 2.0 * float(stdtr(freedom, -threshold))
