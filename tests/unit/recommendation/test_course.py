"""Which trainings are asked for, batch by batch, when what they find is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from latentdim.recommendation.budget import BETAS, Design
from latentdim.recommendation.course import (
    FINDER,
    RELEVANCE,
    SWEPT,
    Asked,
    Evidence,
    Found,
    NoSweep,
    course,
    start_above,
)
from latentdim.recommendation.rule import Answer, Kind

DESIGN = Design(
    sizes=(1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64), n_seeds=3, width=64, steps=300, batch_size=128, n_train=None,
    n_validation=100,
)  # fmt: skip


def gone_through(
    find: Callable[[Asked], Found], *, n_values: int = 128, design: Design = DESIGN
) -> tuple[Evidence, list[list[Asked]]]:
    """The evidence, and the batches that were asked for."""
    going, batches = course(design, n_values=n_values), []
    batch = next(going)
    while True:
        batches.append(batch)
        try:
            batch = going.send({asked: find(asked) for asked in batch})
        except StopIteration as end:
            return end.value, batches


def finder_of(n: int, *, largest_weight: float = 2.0) -> Callable[[Asked], Found]:
    """What data of n equal directions would give; a weight above the largest one costs too much."""

    def find(asked: Asked) -> Found:
        if asked.method == SWEPT:
            return Found(max(1.0 - asked.dim / n, 0.0) + 0.02, 1.0 + abs(asked.dim - n))
        if asked.method == RELEVANCE:
            assert asked.beta is not None
            return Found(0.05 if asked.beta <= largest_weight else 0.2, active=n)
        return Found(0.03, active=n + 1)

    return find


@pytest.mark.parametrize("n", [3, 7, 11, 21, 29, 40])
def test_the_sweep_is_refined_until_the_size_is_found(n: int) -> None:
    evidence, batches = gone_through(finder_of(n))
    assert evidence.answer.kind is Kind.ANSWER
    assert evidence.answer.dim is not None
    assert abs(evidence.answer.dim - n) <= max(0, n // 20)
    assert batches[0] == [Asked(SWEPT, size, 0) for size in DESIGN.sizes]
    every = [asked for batch in batches for asked in batch]
    assert len(set(every)) <= DESIGN.most_runs


def test_the_sweep_goes_on_beyond_its_largest_size_where_that_is_not_enough() -> None:
    short = replace(DESIGN, sizes=(1, 2, 3, 4, 6))
    evidence, batches = gone_through(finder_of(11), design=short)
    assert batches[1:3] == [[Asked(SWEPT, 8, 0)], [Asked(SWEPT, 12, 0)]]
    assert evidence.answer.dim == 11
    assert len({asked for batch in batches for asked in batch}) <= short.most_runs
    falling = {1: 0.5, 2: 0.25, 3: 0.1, 4: 0.05, 6: 0.01, 7: 0.0004}
    whole, batches = gone_through(lambda asked: Found(falling.get(asked.dim, 0.05)), design=short, n_values=8)
    assert whole.answer == Answer(Kind.EVERY_DIMENSION, by_error=7)
    assert [Asked(SWEPT, 7, 0)] in batches


def test_all_seeds_are_trained_about_the_answer() -> None:
    evidence, _ = gone_through(finder_of(7))
    seeds = {point.dim: len(point.errors) for point in evidence.points}
    assert {seeds[6], seeds[7], seeds[8]} == {3}
    assert seeds[1] == 1


@pytest.mark.parametrize("largest", BETAS)
def test_the_largest_weight_that_costs_little_is_chosen(largest: float) -> None:
    evidence, _ = gone_through(finder_of(8, largest_weight=largest))
    assert evidence.beta == largest
    assert len(evidence.tries) <= 3


def test_the_smallest_weight_is_taken_where_all_cost_too_much() -> None:
    evidence, _ = gone_through(finder_of(8, largest_weight=0.0))
    assert evidence.beta == BETAS[0]


def test_methods_that_find_their_size_start_above_it_and_count_with_the_weight_chosen() -> None:
    evidence, _ = gone_through(finder_of(7))
    assert evidence.start == 16
    assert evidence.counts == {RELEVANCE: dict.fromkeys(range(3), 7), FINDER: dict.fromkeys(range(3), 8)}


def test_no_method_is_asked_where_the_sweep_has_no_answer() -> None:
    evidence, batches = gone_through(lambda asked: Found(1.0 + 0.01 * asked.dim))
    assert evidence.answer.kind is Kind.NOISE
    assert {asked.method for batch in batches for asked in batch} == {SWEPT}
    assert evidence.counts is None


def test_trainings_that_left_nothing_are_passed_over() -> None:
    whole = finder_of(7)
    evidence, _ = gone_through(lambda asked: Found() if asked == Asked(SWEPT, 4, 0) else whole(asked))
    assert evidence.answer.dim == 7
    with pytest.raises(NoSweep):
        gone_through(lambda asked: Found())


@pytest.mark.parametrize(("dim", "start"), [(1, 3), (2, 4), (7, 16), (30, 64), (40, 80), (70, 128)])
def test_the_start_lies_above_the_answer(dim: int, start: int) -> None:
    assert start_above(dim, [1, 2, 3, 4, 8, 16, 32, 64], n_values=128) == start
