"""Claims about a curve end as its known values say, and where spreads or seeds forbid it, undecided."""

import pytest

U = {4: [6.0, 6.2], 8: [1.0, 1.1], 16: [2.0, 2.2]}
TIED = {4: [6.0, 6.2], 8: [1.0, 1.4], 16: [1.1, 1.5]}
FALLING = {4: [6.0, 6.2], 8: [3.0, 3.1], 16: [1.0, 1.1]}
PLATEAU = {4: [6.0, 6.2], 8: [1.0, 1.01], 16: [1.01, 1.02]}
SINGLE = {4: [6.0], 8: [1.0], 16: [2.0]}
ABSENT = {4: [None], 8: [None], 16: [None]}


@pytest.mark.parametrize(
    ("sizes", "near", "end"),
    [
        (U, [6, 10], "holds"),
        (U, [10, 16], "fails"),
        (TIED, [6, 10], "undecided"),  # 16 can't be told apart from 8
        (TIED, [8, 16], "holds"),
        (SINGLE, [6, 10], "undecided"),
        (U | {16: [None, None]}, [6, 10], "undecided"),  # the missing size could be lower still
        ({4: [6.0, 6.2], 8: [1.0, 1.1]}, [6, 10], "undecided"),  # two sizes have no minimum
        (ABSENT, [6, 10], "not run"),
    ],
)
def test_the_minimum_lies_where_it_is_claimed(ends, sizes, near, end) -> None:
    assert ends("minimum_near", {"vae": sizes}, near=near) == [end]


def test_the_maximum_can_be_asked_for(ends) -> None:
    assert ends("minimum_near", {"vae": U}, near=[4, 4], highest=True) == ["holds"]


@pytest.mark.parametrize(
    ("sizes", "end"),
    [
        (U, "holds"),
        (FALLING, "fails"),
        (PLATEAU, "fails"),  # the right end is told to stand less than a tenth above the lowest value
        (TIED, "undecided"),
        (SINGLE, "undecided"),
        ({4: [2.0, 2.0], 8: [1.0, 1.0]}, "undecided"),
        (U | {10: [None, None]}, "undecided"),
        (ABSENT, "not run"),
    ],
)
def test_both_ends_of_a_u_stand_above_its_lowest_point(ends, sizes, end) -> None:
    assert ends("u_shaped", {"vae": sizes}) == [end]


@pytest.mark.parametrize(
    ("sizes", "keys", "end"),
    [
        ({8: [1.0, 1.02], 16: [1.05, 1.07], 32: [1.1, 1.12]}, {}, "holds"),
        ({8: [1.0, 1.02], 16: [1.05, 1.07], 32: [1.5, 1.52]}, {}, "fails"),
        ({8: [1.0, 1.02], 16: [1.05, 1.07], 32: [1.1, 1.5]}, {}, "undecided"),
        ({4: [9.0, 9.1], 8: [1.0, 1.02], 16: [1.05, 1.07]}, {"from_dim": 8}, "holds"),
        ({8: [1.0, 1.02], 16: [1.05, 1.07], 32: [None, None]}, {}, "undecided"),
        ({8: [1.0, 1.02], 16: [1.5, 1.52], 32: [None, None]}, {}, "fails"),  # whatever is still to come
        ({8: [1.0], 16: [1.05]}, {}, "undecided"),
        (ABSENT, {}, "not run"),
    ],
)
def test_every_size_stays_near_the_best(ends, sizes, keys, end) -> None:
    assert ends("near_best", {"vae": sizes}, factor=1.2, **keys) == [end]


@pytest.mark.parametrize(("best", "end"), [([1.0, 1.0], "holds"), ([0.5, 0.5], "fails"), ([None, None], "not run")])
def test_the_best_can_be_another_labels(ends, best, end) -> None:
    table = {"vae": {8: [1.1, 1.1], 16: [1.15, 1.15]}, "wae": {4: best}}
    assert ends("near_best", table, factor=1.2, of="wae") == [end]


@pytest.mark.parametrize(
    ("sizes", "end"),
    [
        ({8: [10, 11], 16: [12, 13]}, "holds"),
        ({8: [10, 11], 16: [14, 15]}, "fails"),  # at one size all seeds lie outside
        ({8: [10, 14], 16: [12, 13]}, "undecided"),
        ({8: [10], 16: [14]}, "undecided"),
        ({8: [9], 16: [14], 32: [10]}, "fails"),  # more than half of the runs
        ({8: [10], 16: [13]}, "holds"),
        ({8: [10]}, "undecided"),
        ({8: [10, 11], 16: [None, None]}, "undecided"),
        ({8: [None]}, "not run"),
    ],
)
def test_counts_lie_in_an_interval(ends, sizes, end) -> None:
    assert ends("within", {"vae": sizes}, metric="active", low=10, high=13) == [end]


@pytest.mark.parametrize(
    ("values", "end"),
    [([11, 12], "holds"), ([12.5, 13.5], "undecided"), ([14, 14.2], "fails"), ([11], "undecided"), ([None], "not run")],
)
def test_a_mean_is_inside_by_more_than_its_spread(ends, values, end) -> None:
    assert ends("within", {"vae": {8: values}}, low=10, high=13, statistic="mean") == [end]


@pytest.mark.parametrize(
    ("values", "end"),
    [([10, 13, 16], "holds"), ([10, 10, 11], "fails"), ([10, 12, 14], "undecided"), ([10, 16], "undecided")],
)
def test_a_spread_over_seeds_is_that_of_three_at_least(ends, values, end) -> None:
    """Population deviations 2.45, 0.47 and 1.63; the last lies .37 outside, less than its own error of .82."""
    assert ends("within", {"vae": {8: values}}, low=2, high=4, statistic="std") == [end]


def test_pruned_dimensions_are_those_that_no_longer_count(ends) -> None:
    table = {"vae": {16: [9, 10]}}
    assert ends("within", table, metric="active", pruned=True, low=6, high=7) == ["holds"]
    assert ends("within", table, metric="active", pruned=True, high=0) == ["fails"]
