"""The answer that a sweep's curve gives, on curves whose truth is known by construction."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import pytest

from latentdim.recommendation.rule import Answer, Kind, Point, answered

SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 24, 32, 48)


def points(
    error: Callable[[int], float], *, sizes: tuple[int, ...] = SIZES, seeds: Mapping[int, float] | None = None,
    distance: Callable[[int], float] | None = None,
) -> list[Point]:  # fmt: skip
    """A sweep whose seeds have the curve's error times a factor."""
    factors = seeds or {0: 1.0}
    return [
        Point(L, {seed: error(L) * factor for seed, factor in factors.items()}, {0: distance(L)} if distance else {})
        for L in sizes
    ]


def linear_fall(n: int, *, floor: float = 0.02) -> Callable[[int], float]:
    """Data of n equal directions: each dimension explains its share; a little stays for want of training."""
    return lambda L: max(1.0 - L / n, 0.0) + floor * (1.0 - 0.01 * max(L - n, 0))


@pytest.mark.parametrize("n", [2, 3, 5, 8, 10, 16, 24])
def test_a_bend_is_found_where_it_is(n: int) -> None:
    answer = answered(points(linear_fall(n)), n_values=128)
    assert answer.kind is Kind.ANSWER
    assert (answer.dim, answer.by_error) == (n, n)
    assert answer.low is not None
    assert answer.high is not None
    assert answer.low <= n <= answer.high


def test_noise_in_all_directions_gives_no_answer() -> None:
    assert answered(points(lambda L: 1.0 - L / 64), n_values=64).kind is Kind.NOISE


def test_overfitted_noise_gives_no_answer() -> None:
    assert answered(points(lambda L: 1.0 + 0.02 * L), n_values=128) == Answer(Kind.NOISE)


def test_noise_over_a_few_directions_isnt_counted() -> None:
    """Six directions, and noise of 8 % of the variance in all of 40: further sizes only take noise in."""
    answer = answered(
        points(lambda L: 0.92 * max(1 - L / 6, 0.0) + 0.08 * (1 - L / 40), sizes=(1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24)),
        n_values=40,
    )
    assert (answer.dim, answer.low) == (6, 6)


def test_a_small_tear_is_seen() -> None:
    """A circle's error at L = 1 is 0.1 % of the variance, and yet a hundred times that at L = 2."""
    tear = {1: 1.2e-3, 2: 7e-6, 3: 5e-6, 4: 4e-6, 6: 3e-6}
    assert answered(points(tear.__getitem__, sizes=tuple(tear)), n_values=24).dim == 2


def test_a_tear_is_seen_above_noise_as_large() -> None:
    """The same with noise in all values: what exceeds the least error falls seven-fold, the error to a half."""
    noisy = {1: 0.019, 2: 0.009, 3: 0.0087, 4: 0.0083, 6: 0.0081, 8: 0.0079, 12: 0.0075}
    assert answered(points(noisy.__getitem__, sizes=tuple(noisy)), n_values=24).dim == 2


def test_the_last_of_many_directions_is_seen_above_what_is_never_explained() -> None:
    """Sixteen directions and short trainings, which leave 7 %: the sixteenth brings less than the tolerance."""
    short = {8: 0.309, 12: 0.154, 14: 0.102, 15: 0.083, 16: 0.070, 20: 0.070, 24: 0.069, 64: 0.069, 96: 0.064}
    assert answered(points(short.__getitem__, sizes=tuple(short)), n_values=128).dim == 16


def test_what_seeds_differ_by_is_no_bend() -> None:
    curve = {1: 0.5, 2: 0.0016, 3: 0.001, 4: 0.001}
    spread = {0: 0.02, 1: 1.0, 2: 1.98}
    noisy = [Point(L, {s: e * f for s, f in spread.items()} if L > 1 else {0: e}, {}) for L, e in curve.items()]
    assert answered(noisy, n_values=24).dim == 2
    assert answered(points(curve.__getitem__, sizes=(1, 2, 3, 4)), n_values=24).dim == 2
    steep = curve | {2: 0.004}
    assert answered(points(steep.__getitem__, sizes=(1, 2, 3, 4)), n_values=24).dim == 3


def test_an_error_that_rises_again_doesnt_matter() -> None:
    curve = {1: 0.6, 2: 0.3, 3: 0.03, 4: 0.05, 6: 0.04, 8: 0.06}
    assert answered(points(curve.__getitem__, sizes=tuple(curve)), n_values=64).dim == 3


def test_a_curve_that_still_falls_at_its_end_has_no_bend() -> None:
    assert answered(points(linear_fall(60)), n_values=128) == Answer(Kind.NO_BEND, by_error=48)


def test_where_a_code_is_as_large_as_an_example_every_dimension_is_needed() -> None:
    falling = {1: 0.4, 2: 0.02}
    answer = answered(points(falling.__getitem__, sizes=(1, 2)), n_values=3)
    assert answer == Answer(Kind.EVERY_DIMENSION, by_error=2)
    flat = {1: 0.4, 2: 0.00004}
    assert answered(points(flat.__getitem__, sizes=(1, 2)), n_values=3).dim == 2


def test_sizes_that_can_copy_their_input_are_left_out() -> None:
    with_copies = {1: 0.4, 2: 0.02, 3: 0.0, 4: 0.0}
    assert answered(points(with_copies.__getitem__, sizes=(1, 2, 3, 4)), n_values=3).kind is Kind.EVERY_DIMENSION


def test_a_far_worse_distance_moves_the_answer_up() -> None:
    curve = points(linear_fall(4), sizes=(2, 3, 4, 5, 6, 8), distance=lambda L: {2: 30.0, 3: 20.0, 4: 9.0}.get(L, 1.0))
    answer = answered(curve, n_values=64)
    assert (answer.dim, answer.by_error) == (5, 4)
    near = points(linear_fall(4), sizes=(2, 3, 4, 5, 6, 8), distance=lambda L: 30.0 if L < 4 else 1.3 - 0.02 * L)
    assert answered(near, n_values=64).dim == 4


def test_the_interval_reaches_down_to_the_next_size_tried() -> None:
    answer = answered(points(linear_fall(8), sizes=(2, 4, 8, 16, 32)), n_values=128)
    assert (answer.dim, answer.low) == (8, 5)


def test_the_interval_takes_in_what_single_seeds_say() -> None:
    errors = {1: 0.5, 2: 0.2, 3: 0.05, 4: 0.045}
    sweep = [Point(L, {0: e, 1: e, 2: e}, {}) for L, e in errors.items()]
    sweep[1] = Point(2, {0: 0.2, 1: 0.2, 2: 0.048}, {})
    answer = answered(sweep, n_values=64)
    assert (answer.dim, answer.low, answer.high) == (3, 2, 3)


def test_no_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="no size"):
        answered([Point(5, {0: math.pi}, {})], n_values=4)
