"""Who may be the best: only who stands out of the spreads."""

import pytest

from latentdim.outcomes.comparison import Estimate, leaders, told_apart


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ((1.0, 0.25), (1.5, 0.125), True),
        ((1.0, 0.25), (1.5, 0.25), False),  # the bands touch
        ((1.5, 0.125), (1.0, 0.25), True),
        ((1.0, 0.0), (1.0, 0.0), False),
        ((1.0, None), (9.0, 0.1), False),
    ],
)
def test_values_are_told_apart_beyond_both_spreads_together(first, second, apart) -> None:
    assert told_apart(Estimate(*first), Estimate(*second)) is apart


@pytest.mark.parametrize(("better", "names"), [("lower", ["c", "a"]), ("higher", ["d"])])
def test_leaders_are_the_best_and_all_that_are_like_it(better, names) -> None:
    rivals = {"a": Estimate(1.1, 0.1), "b": Estimate(2.0, 0.1), "c": Estimate(1.0, 0.1), "d": Estimate(3.0, 0.1)}
    assert leaders(rivals, better) == names


def test_the_order_of_equal_values_is_theirs_and_no_rivals_have_no_leader() -> None:
    assert leaders({"b": Estimate(1.0, 0.0), "a": Estimate(1.0, 0.0)}, "higher") == ["b", "a"]
    assert leaders({}, "lower") == []
