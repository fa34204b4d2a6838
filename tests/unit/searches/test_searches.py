"""Searches against brute force: what they settle on, what they ask for, and what their worst case costs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from latentdim.searches.linear import linear_search
from latentdim.searches.replay import Dialogue, Progress, replayed
from latentdim.searches.ternary import costliest, ternary_search


def played(search: Dialogue, value_of: dict[int, float]) -> Progress:
    """A whole search, which is told everything that it asks for."""
    return replayed(search, value_of)


def unimodal(low: int, high: int, minimum: int, rng: np.random.Generator) -> dict[int, float]:
    """A curve without equal neighbours that falls up to its minimum and rises beyond, by random steps."""
    steps = rng.exponential(size=high - low + 1) + 1e-9
    sides = {size: steps[min(size, minimum) - low : max(size, minimum) - low].sum() for size in range(low, high + 1)}
    return {size: float(value) for size, value in sides.items()}


@pytest.mark.parametrize("seed", range(40))
def test_the_ternary_search_finds_the_minimum_of_every_unimodal_curve(seed: int) -> None:
    rng = np.random.default_rng([1, seed])
    low = int(rng.integers(1, 50))
    high = low + int(rng.integers(0, 60))
    for minimum in range(low, high + 1):
        assert played(ternary_search(low, high), unimodal(low, high, minimum, rng)).settled == minimum


def test_on_maskaaes_range_it_asks_for_far_fewer_sizes_than_there_are() -> None:
    counts = {
        len(played(ternary_search(2, 100), {size: abs(size - minimum) for size in range(2, 101)}).asked)
        for minimum in range(2, 101)
    }
    assert (min(counts), max(counts)) == (13, 16)
    assert costliest(2, 100, cost=lambda size: 1.0) == 16
    assert costliest(1, 4, cost=lambda size: 1.0) == 3  # one of four sizes is always spared


def printed_to_the_letter(low: int, high: int, func: dict[int, float]) -> int:
    """Algorithm 1, line by line, tol = 1."""
    while high - low >= 1:
        mid_1 = math.floor((2 * high + low) / 3)
        mid_2 = math.ceil((high + 2 * low) / 3)
        if func[mid_1] < func[mid_2]:
            high = mid_1
        else:
            low = mid_2
    return high


@pytest.mark.parametrize("seed", range(20))
def test_the_printed_search_is_algorithm_1(seed: int) -> None:
    rng = np.random.default_rng([2, seed])
    noisy = dict(enumerate(rng.random(120).tolist(), start=1))
    low = int(rng.integers(1, 60))
    high = low + int(rng.integers(0, 60))
    assert played(ternary_search(low, high, as_printed=True), noisy).settled == printed_to_the_letter(low, high, noisy)


def test_the_printed_search_runs_away_from_the_minimum() -> None:
    curve = {size: float(abs(size - 13)) for size in range(2, 101)}
    assert played(ternary_search(2, 100, as_printed=True), curve).settled == 99
    assert played(ternary_search(2, 100), curve).settled == 13


@pytest.mark.parametrize("as_printed", [False, True])
def test_no_curve_costs_more_than_the_worst_case_and_one_costs_as_much(as_printed: bool) -> None:
    rng = np.random.default_rng(3)
    for _ in range(12):
        low = int(rng.integers(1, 10))
        high = low + int(rng.integers(0, 25))
        cost = dict(zip(range(low, high + 1), rng.random(high - low + 1).tolist(), strict=True))
        worst = costliest(low, high, cost=cost.__getitem__, as_printed=as_printed)
        taken = []
        for _ in range(1500):
            curve = dict(zip(cost, rng.random(len(cost)).tolist(), strict=True))
            taken.append(
                sum(cost[size] for size in played(ternary_search(low, high, as_printed=as_printed), curve).asked)
            )
        assert max(taken) == pytest.approx(worst)


@pytest.mark.parametrize("seed", range(10))
def test_a_search_on_noise_settles_on_the_best_size_that_it_asked_for(seed: int) -> None:
    rng = np.random.default_rng([4, seed])
    curve = dict(enumerate(rng.random(70).tolist(), start=3))
    progress = played(ternary_search(3, 72), curve)
    assert progress.settled == min(progress.asked, key=curve.__getitem__)
    assert len(set(progress.asked)) == len(progress.asked)
    assert played(linear_search(curve), curve) == Progress(tuple(curve), settled=min(curve, key=curve.__getitem__))


@pytest.mark.parametrize("search", [lambda: ternary_search(2, 40), lambda: linear_search([3, 9, 4])])
def test_played_again_after_each_value_it_asks_as_one_that_was_never_interrupted(search) -> None:
    curve = dict(enumerate(np.random.default_rng(5).random(45).tolist()))
    known: dict[int, float] = {}
    while (size := replayed(search(), known).next) is not None:
        assert size not in known
        known[size] = curve[size]
    assert replayed(search(), known) == played(search(), curve)
    assert set(played(search(), curve).asked) == set(known)


def test_values_that_are_known_beforehand_are_not_asked_for() -> None:
    assert replayed(linear_search([4, 8, 12]), {4: 1.0, 8: 0.5}) == Progress((4, 8, 12), next=12)
    assert replayed(linear_search([4, 8]), {8: 0.5, 4: 0.5}) == Progress((4, 8), settled=4)  # the smaller of equals


def test_sizes_without_a_value_are_never_settled_on() -> None:
    assert played(linear_search([4, 8, 12]), {4: math.inf, 8: 3.0, 12: math.inf}).settled == 8
    assert played(linear_search([4, 8]), {4: math.inf, 8: math.inf}).settled is None
