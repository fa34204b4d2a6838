"""Statistics over seeds."""

import math

import pytest

from latentdim.outcomes.seed_statistics import Spread, mean, population_std, spread


def test_the_deviation_divides_by_n_not_by_n_minus_one() -> None:
    assert population_std([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]) == 2.0
    assert population_std([1.0, 3.0]) == 1.0  # the sample formula would give √2


def test_a_single_value_has_no_deviation_and_none_at_all_has_no_mean() -> None:
    assert spread([3.5]) == Spread(3.5, None, 1)
    assert spread([]) == Spread(None, None, 0)


def test_nan_never_enters_a_mean() -> None:
    with pytest.raises(ValueError, match="not finite"):
        spread([1.0, math.nan])


def test_the_mean_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one data point"):
        mean([])
