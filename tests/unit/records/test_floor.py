"""A floor from draws, and which values are at it."""

import pytest

from latentdim.records.floor import Floor


def test_a_floor_over_draws_has_their_mean_and_deviation() -> None:
    floor = Floor.over([1.0, 2.0, 3.0], "guessing")
    assert (floor.value, floor.spread) == (2.0, 1.0)
    assert Floor(**floor.content()) == floor


@pytest.mark.parametrize(("value", "at"), [(-1.0, True), (2.0, True), (4.0, True), (4.01, False)])
def test_a_value_is_at_the_floor_up_to_two_deviations_above_it(value, at) -> None:
    assert Floor(2.0, "guessing", 1.0).reaches(value) is at


def test_without_a_spread_only_what_is_below_is_at_the_floor() -> None:
    assert Floor(2.0, "guessing").reaches(2.0)
    assert not Floor(2.0, "guessing").reaches(2.001)
