"""Claims about trends and indifference end as known values say."""

import pytest

RISING = {8: [1.0, 1.1], 16: [2.0, 2.1], 32: [3.0, 3.1]}
FLAT = {8: [1.0, 1.3], 16: [1.3, 1.0], 32: [1.2, 1.1]}


def turned(sizes):
    """The same values at the sizes in reverse."""
    return dict(zip(sizes, reversed(sizes.values()), strict=True))


@pytest.mark.parametrize(
    ("sizes", "keys", "end"),
    [
        (RISING, {}, "holds"),
        (turned(RISING), {}, "fails"),
        (FLAT, {}, "undecided"),
        (FLAT, {"factor": 2.0}, "fails"),  # flat is told apart from twice as high
        (RISING, {"factor": 2.0}, "holds"),
        ({8: [1.0], 16: [2.0], 32: [3.0]}, {}, "undecided"),  # one order of six: chance
        ({4: [1.0], 8: [2.0], 16: [3.0], 32: [4.0]}, {}, "holds"),  # one of 24
        ({8: [1.0, 1.0], 16: [1.0, 1.0]}, {}, "undecided"),
        (RISING | {64: [None, None]}, {}, "undecided"),
        ({8: [1.0, 1.1]}, {}, "undecided"),
        ({8: [None], 16: [None]}, {}, "not run"),
    ],
)
def test_values_grow_along_the_sizes(ends, sizes, keys, end) -> None:
    assert ends("grows", {"vae": sizes}, **keys) == [end]


@pytest.mark.parametrize(
    ("sizes", "keys", "end"),
    [(turned(RISING), {}, "holds"), (RISING, {}, "fails"), (FLAT, {}, "undecided"), (FLAT, {"factor": 0.5}, "fails")],
)
def test_values_fall_along_the_sizes(ends, sizes, keys, end) -> None:
    assert ends("falls", {"vae": sizes}, **keys) == [end]


def test_labels_can_stand_along_the_axis_in_place_of_sizes(ends) -> None:
    table = {"ae": {8: [1.0, 1.1]}, "wae": {8: [2.0, 2.1]}, "vae": {8: [3.0, 3.1]}}
    assert ends("grows", table, labels=["ae", "wae", "vae"], over="label") == ["holds"]
    assert ends("grows", table, labels=["vae", "wae", "ae"], over="label") == ["fails"]


@pytest.mark.parametrize(
    ("sizes", "end", "contrary"),
    [
        ({32: [10, 11], 64: [11, 12], 80: [10, 12]}, "holds", "fails"),
        ({32: [10, 11], 64: [15, 16]}, "fails", "holds"),
        ({32: [10, 11], 64: [12, 14]}, "undecided", "undecided"),
        ({32: [10], 64: [11], 80: [12]}, "holds", "fails"),  # their range counts the seeds' noise, too
        ({32: [10], 64: [15]}, "undecided", "undecided"),
        ({32: [10, 11], 64: [15, 16], 80: [None, None]}, "fails", "holds"),  # whatever is still to come
        ({32: [10, 11], 64: [11, 12], 80: [None, None]}, "undecided", "undecided"),
        ({32: [10, 11]}, "undecided", "undecided"),
        ({32: [None], 64: [None]}, "not run", "not run"),
    ],
)
def test_sizes_from_several_starts_lie_within_a_tolerance(ends, sizes, end, contrary) -> None:
    assert ends("indifferent", {"vae": sizes}, metric="active", tolerance=2) == [end]
    assert ends("depends", {"vae": sizes}, metric="active", tolerance=2) == [contrary]


def test_a_tolerance_can_be_a_share_of_the_mean(ends) -> None:
    table = {"vae": {8: [100.0, 101.0], 16: [104.0, 105.0]}}
    assert ends("indifferent", table, relative=0.05) == ["holds"]
    assert ends("indifferent", table, relative=0.01) == ["fails"]
