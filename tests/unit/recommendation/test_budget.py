"""What a budget is enough for."""

from __future__ import annotations

import pytest

from latentdim.recommendation import budget
from latentdim.recommendation.budget import design, seconds_of
from latentdim.system.problems import InputError


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90.0), ("2m", 120.0), ("10 m", 600.0), ("1.5h", 5400.0)])
def test_times_are_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["10", "m", "-2m", "0m", "ten minutes", "10m 5s", "nan"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="give a time such as 90s, 10m or 1h"):
        seconds_of(text)


def test_a_longer_budget_buys_steps_then_width() -> None:
    of = {
        minutes: design((128,), n_train=8000, n_linear=40, budget_seconds=60.0 * minutes, n_seeds=3)
        for minutes in (1, 2, 10, 90)
    }
    assert of[1].steps * of[1].width < of[2].steps * of[2].width < of[10].steps * of[10].width
    assert [of[minutes].width for minutes in (1, 2, 10, 90)] == sorted(one.width for one in of.values())
    assert of[90].steps == budget.MOST_STEPS


def test_the_wider_a_network_the_smaller_its_steps() -> None:
    rates = [
        design((24,), n_train=4000, n_linear=4, budget_seconds=60.0 * minutes, n_seeds=3).learning_rate
        for minutes in (1, 2, 20)
    ]
    assert rates == [0.01, 0.005, 0.003]
    assert set(budget.LEARNING_RATES) == set(budget.WIDTHS) == set(budget.ENOUGH_STEPS)


def test_sizes_reach_beyond_what_is_linear_and_stay_below_an_examples_values() -> None:
    def sizes(n_values: int, n_linear: int) -> tuple[int, ...]:
        return design((n_values,), n_train=500, n_linear=n_linear, budget_seconds=600.0, n_seeds=1).sizes

    assert sizes(128, 40) == (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
    assert sizes(24, 2) == (1, 2, 3, 4, 6)
    assert sizes(3, 3) == (1, 2)
    assert sizes(2, 2) == (1,)
    assert sizes(128, 122)[-1] == 96


def test_a_budget_below_one_training_of_each_size_is_refused_with_the_one_that_would_do() -> None:
    with pytest.raises(InputError, match="too small") as refusal:
        design((128,), n_train=8000, n_linear=40, budget_seconds=10.0, n_seeds=3)
    enough = refusal.value.text().split("--budget ")[1].split(" ")[0]
    assert design((128,), n_train=8000, n_linear=40, budget_seconds=seconds_of(enough), n_seeds=3).steps >= 300


def test_examples_that_wouldnt_be_seen_often_enough_are_left_out() -> None:
    few = design((128,), n_train=60_000, n_linear=40, budget_seconds=120.0, n_seeds=3)
    assert few.n_train is not None
    assert few.steps * few.batch_size / few.n_train >= budget.FEWEST_EPOCHS * 0.99
    assert design((8,), n_train=300, n_linear=4, budget_seconds=120.0, n_seeds=3).n_train is None
