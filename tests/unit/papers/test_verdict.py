"""The verdict follows its rule to the letter, and misses as often by chance as it says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from latentdim.papers.student import t_interval
from latentdim.papers.verdict import Judgement, Seeds, Verdict, chance_of_a_miss, judge, tolerance_of

THEIRS = Seeds(28.78, 0.48, 5)
# s²/n = σ²/(n − 1): 2 √(0.5²/4 + 0.48²/4) + 0.005
WITHIN = 2 * math.sqrt(0.25 / 4 + 0.2304 / 4) + 0.005


@pytest.mark.parametrize(
    ("ours", "theirs", "more", "verdict"),
    [
        (Seeds(28.78, 0.5, 5), THEIRS, {}, "reproduced"),
        (Seeds(28.78 + WITHIN, 0.5, 5), THEIRS, {}, "reproduced"),
        (Seeds(28.78 + WITHIN + 1e-4, 0.5, 5), THEIRS, {}, "worse"),
        (Seeds(28.78 - WITHIN - 1e-4, 0.5, 5), THEIRS, {}, "better"),
        (Seeds(28.78 + WITHIN + 1e-4, 0.5, 5), THEIRS, {"better": "higher"}, "better"),
        (Seeds(28.78 + WITHIN + 1e-4, 0.5, 5), THEIRS, {"better": None}, "differs"),
        (Seeds(16.004, 0.0, 5), Seeds(16.0, 0.0, 5), {}, "reproduced"),  # rounding is all that may differ
        (Seeds(16.006, 0.0, 5), Seeds(16.0, 0.0, 5), {}, "worse"),
        (Seeds(105.0, 9.0, 3), Seeds(100.0), {}, "reproduced"),  # 5 %
        (Seeds(105.1, 9.0, 3), Seeds(100.0), {}, "worse"),
        (Seeds(105.0, 9.0, 3), Seeds(100.0, 0.5), {}, "reproduced"),  # a spread of nobody knows how many seeds
        (Seeds(17.0, 0.0, 3), Seeds(16.0), {"rule": "dimensions", "decimals": 0}, "reproduced"),
        (Seeds(17.1, 0.0, 3), Seeds(16.0), {"rule": "dimensions", "decimals": 0, "better": None}, "differs"),
        (Seeds(0.004, 0.0, 3), Seeds(0.0), {}, "reproduced"),  # no finer than the print
        (Seeds(28.78, 0.5, 2), THEIRS, {}, "inconclusive (2)"),
        (Seeds(28.78, None, 1), THEIRS, {}, "inconclusive (1)"),
        (Seeds(8.0), Seeds(8.0), {"rule": "exact"}, "reproduced"),
        (Seeds(8.0), Seeds(9.0), {"rule": "exact"}, "differs"),
        (Seeds(28.78, 0.5, 5), THEIRS, {"incomparable": ["scale"]}, "not comparable (scale)"),
        (Seeds(28.78, 0.5, 1), THEIRS, {"incomparable": ["scale", "data"]}, "not comparable (scale, data)"),
        (None, THEIRS, {"missing": "weights", "incomparable": ["scale"]}, "missing (weights)"),
        (Seeds(28.78, 0.5, 5), None, {}, "not printed"),
    ],
)
def test_the_rule(ours, theirs, more, verdict) -> None:
    assert str(judge(ours, theirs, **({"decimals": 2, "better": "lower"} | more))) == verdict


@pytest.mark.parametrize(("second", "n"), [(1.0, (5, 5)), (3.0, (5, 5)), (1.0, (3, 5)), (0.3, (10, 4))])
def test_equal_laws_miss_as_often_as_told(second, n) -> None:
    """Pairs drawn from laws of one mean: the share that is missed beside the mean of the chances told for them."""
    draw = np.random.default_rng([7, *n]).normal
    missed, told = [], []
    for _ in range(4000):
        samples = draw(0.0, 1.0, n[0]), draw(0.0, second, n[1])
        ours, theirs = (Seeds(float(x.mean()), float(x.std()), len(x)) for x in samples)
        found = judge(ours, theirs, decimals=6, better="lower")
        missed.append(found.verdict is not Verdict.REPRODUCED)
        told.append(found.chance)
    assert np.mean(told) == pytest.approx(np.mean(missed), abs=0.03)


def test_the_chance_is_students() -> None:
    ours, theirs = Seeds(1.0, 0.4, 5), Seeds(1.2, 0.4, 5)
    tolerance = tolerance_of(ours, theirs, decimals=9, rule="value")
    assert chance_of_a_miss(ours, theirs, tolerance) == pytest.approx(2 * stats.t.sf(2, 8), rel=1e-6)
    assert 2 * stats.t.sf(2, 8) == pytest.approx(0.0805, abs=1e-4)
    alone = Seeds(1.2)  # of one seed, with our spread: √(1/5 + 1) of ours, which four degrees of freedom know
    error = 0.4 * math.sqrt(5 / 4) * math.sqrt(1 / 5 + 1)
    assert chance_of_a_miss(ours, alone, 0.06) == pytest.approx(2 * stats.t.sf(0.06 / error, 4))
    assert chance_of_a_miss(Seeds(1.0, 0.0, 5), Seeds(1.0, 0.0, 5), 0.005) == 0.0


def test_the_interval_is_that_of_the_sample() -> None:
    values = [1.0, 2.0, 4.0, 4.5]
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert t_interval(float(np.mean(values)), float(np.std(values)), 4) == pytest.approx((low, high))
    assert t_interval(1.0, 0.5, 2) is None


def test_what_is_not_compared_has_no_chance() -> None:
    assert judge(Seeds(1.0, 0.1, 2), THEIRS) == Judgement(Verdict.INCONCLUSIVE, "2")
