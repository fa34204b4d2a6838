"""How much a training still improved at its end."""

from typing import Any

import pytest

from latentdim.records.history import late_improvement


def rows(*terms: float, **other: Any) -> list[dict[str, float]]:
    """Twenty rows of 10 steps each: the last tenth is the last two, the one before it the two before."""
    return [{"step": 10.0 * (number + 1), "reconstruction": term, **other} for number, term in enumerate(terms)]


def test_it_is_the_share_by_which_the_mean_of_the_last_tenth_lies_below_that_of_the_one_before() -> None:
    assert late_improvement(rows(*[9.0] * 16, 5.0, 3.0, 3.5, 2.5)) == pytest.approx(0.25)
    assert late_improvement(rows(*[9.0] * 16, 2.0, 2.0, 2.0, 3.0)) == pytest.approx(-0.25)


def test_rows_without_the_term_are_left_out() -> None:
    history = rows(*[9.0] * 16, 4.0, 4.0, 3.0, 3.0)
    history[-1].pop("reconstruction")
    assert late_improvement(history) == pytest.approx(0.25)


@pytest.mark.parametrize(
    "history", [[], rows(3.0), rows(3.0, 2.0, 1.0), [{"step": 1.0, "loss": 2.0}], rows(*[0.0] * 20)]
)
def test_what_is_too_short_or_has_no_such_term_tells_nothing(history: list[dict[str, float]]) -> None:
    assert late_improvement(history) is None
