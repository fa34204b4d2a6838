"""The Fréchet distance against closed forms, another route to the root, and known Gaussians."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from latentdim.metrics import MetricRefused, frechet_distance, frechet_from_moments, frechet_spread
from latentdim.metrics.frechet.measure import measure
from latentdim.metrics.gaussian import Gaussian
from latentdim.system.seeds import stream
from latentdim.training.data import Split


def random_covariance(dim: int, name: str, rank: int | None = None) -> np.ndarray:
    root = stream("frechet", name).normal(size=(dim, rank or dim))
    return root @ root.T / dim


def from_covariances(s1, s2) -> float:
    zero = np.zeros(len(s1))
    return frechet_from_moments(zero, np.asarray(s1, float), zero, np.asarray(s2, float))


def test_equal_moments_are_no_distance_apart():
    mean, covariance = np.arange(20.0), random_covariance(20, "equal")
    assert abs(frechet_from_moments(mean, covariance, mean, covariance)) < 1e-6 * np.trace(covariance)


@pytest.mark.parametrize(("n", "dim", "share"), [(300, 20, 1e-9), (21, 20, 1e-9), (15, 20, 1e-9)])
def test_a_set_is_never_less_than_nothing_apart_from_itself(n, dim, share):
    for name in range(20):
        x = stream("frechet", "itself", n, name).normal(size=(n, dim)) @ random_covariance(dim, f"itself/{name}")
        assert 0.0 <= frechet_distance(x, x) <= share * np.trace(np.cov(x, rowvar=False))


@pytest.mark.parametrize("length", [0.0, 0.5, 3.0])
def test_a_shift_of_the_mean_counts_with_its_squared_length(length):
    shift = length * np.array([0.6, 0.0, 0.8])
    assert frechet_from_moments(np.zeros(3), np.eye(3), shift, np.eye(3)) == pytest.approx(length**2, abs=1e-12)


def test_isotropic_gaussians_differ_by_d_times_the_squared_difference_of_their_spreads():
    assert from_covariances(4.0 * np.eye(7), 0.25 * np.eye(7)) == pytest.approx(7 * (2 - 0.5) ** 2)


def test_diagonal_covariances_differ_by_the_squared_differences_of_the_spreads():
    first, second = np.array([4.0, 1.0, 0.0]), np.array([1.0, 9.0, 0.25])
    expected = ((np.sqrt(first) - np.sqrt(second)) ** 2).sum()
    assert from_covariances(np.diag(first), np.diag(second)) == pytest.approx(expected)


def test_covariances_that_do_not_commute_follow_the_closed_form_in_two_dimensions():
    expected = 5 - 2 * np.sqrt(3 + 2 * np.sqrt(1.5))
    assert expected == pytest.approx(0.331171563, abs=1e-9)
    assert from_covariances([[2, 0], [0, 1]], [[1, 0.5], [0.5, 1]]) == pytest.approx(expected, abs=1e-12)


def test_singular_covariances_on_different_axes_share_nothing():
    assert from_covariances([[1, 0], [0, 0]], [[0, 0], [0, 1]]) == pytest.approx(2.0, abs=1e-7)


def test_a_common_rotation_and_shift_changes_nothing():
    generator = stream("frechet", "rotation")
    x, y = generator.normal(size=(300, 6)) * [3, 2, 1, 1, 1, 0.1], generator.normal(size=(200, 6)) + 1
    rotation, _ = np.linalg.qr(generator.normal(size=(6, 6)))
    before, after = frechet_distance(x, y), frechet_distance(x @ rotation + 5, y @ rotation + 5)
    assert after == pytest.approx(before, rel=1e-9)


@pytest.mark.parametrize(("n", "m", "dim"), [(300, 200, 6), (20, 12, 40), (20, 100, 40)])
def test_swapping_the_arguments_changes_nothing(n, m, dim):
    generator = stream("frechet", "swap", dim)
    x, y = generator.normal(size=(n, dim)) * 3, generator.normal(size=(m, dim)) + 1
    assert frechet_distance(x, y) == pytest.approx(frechet_distance(y, x), rel=1e-6)


def test_the_trace_of_the_root_equals_that_of_the_matrix_square_root():
    first, second = random_covariance(12, "first"), random_covariance(12, "second")
    shift = stream("frechet", "shift").normal(size=12)
    expected = shift @ shift + np.trace(first + second - 2 * sqrtm(first @ second).real)
    assert frechet_from_moments(np.zeros(12), first, shift, second) == pytest.approx(expected, rel=1e-9)


def test_moments_of_samples_have_the_unbiased_denominator():
    x, y = np.array([[0.0], [2.0]]), np.array([[0.0], [6.0]])  # variances 2 and 18, means 1 and 3
    assert frechet_distance(x, y) == pytest.approx(4 + (np.sqrt(18) - np.sqrt(2)) ** 2)


def test_samples_of_two_known_gaussians_come_near_their_distance():
    generator = stream("frechet", "known")
    x = generator.multivariate_normal([0, 0], [[2, 0], [0, 1]], size=200_000)
    y = generator.multivariate_normal([1, -2], [[1, 0.5], [0.5, 1]], size=200_000)
    assert frechet_distance(x, y) == pytest.approx(5 + 0.331171563, rel=0.01)


@pytest.mark.parametrize(
    ("dim", "n", "measured"), [(16, 1000, 0.165), (64, 5000, 0.4384), (128, 10_000, 0.842), (128, 2000, 4.179)]
)
def test_two_draws_of_one_law_are_their_bias_apart(dim, n, measured):
    predicted = 2 * dim / n + (dim**2 + dim) / (2 * n)
    generator = stream("frechet", "bias", dim, n)
    draws = [frechet_distance(*generator.normal(size=(2, n, dim))) for _ in range(3)]
    assert np.mean(draws) == pytest.approx(predicted, rel=0.15)
    assert np.mean(draws) == pytest.approx(measured, rel=0.15)


def test_fewer_samples_than_dimensions_give_the_same_by_either_route():
    x, y = stream("frechet", "deficient").normal(size=(2, 100, 512))
    found = frechet_distance(x, y)
    assert found == pytest.approx(667, rel=0.02)
    moments = [value for sample in (x, y) for value in (sample.mean(axis=0), np.cov(sample, rowvar=False))]
    assert found == pytest.approx(frechet_from_moments(*moments), rel=1e-6)


def test_numpy_and_torch_in_any_float_type_give_the_same():
    x, y = stream("frechet", "types").normal(size=(2, 5000, 3)).astype(np.float32)
    expected = frechet_distance(x.astype(np.float64), y.astype(np.float64))
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-12)
    assert frechet_distance(torch.from_numpy(x), torch.from_numpy(y).requires_grad_()) == pytest.approx(
        expected, rel=1e-12
    )


def test_a_large_offset_costs_no_digits():
    x, y = stream("frechet", "offset").normal(size=(2, 500, 3))
    assert frechet_distance(x + 1e5, y + 1e5) == pytest.approx(frechet_distance(x, y), rel=1e-6)


def test_what_has_no_distance_is_refused():
    good = np.eye(3)
    with pytest.raises(ValueError, match="NaN or infinity"):
        frechet_distance(good, np.full((3, 3), np.nan))
    with pytest.raises(ValueError, match="N ≥ 2"):
        frechet_distance(good[:1], good)
    with pytest.raises(ValueError, match="3 values a vector but y has 2"):
        frechet_distance(good, good[:, :2])
    with pytest.raises(ValueError, match="not symmetric"):
        from_covariances(good, np.triu(np.ones((3, 3))))
    with pytest.raises(ValueError, match="finite matrix"):
        from_covariances(good, np.full((3, 3), np.inf))
    with pytest.raises(ValueError, match="vectors of one length"):
        frechet_from_moments(np.zeros(3), good, np.array([0, 0, np.nan]), good)


@pytest.mark.parametrize("axes", [None, [True, False, True]])
def test_the_metric_compares_generated_with_real_vectors_on_the_chosen_axes(linear, measuring, normal, axes):
    model, test = linear(values=4, dim=3), normal(900, 4, name="test data")
    model.inactive_value.copy_(torch.tensor([0.1, 2.0, -1.0]))
    context = measuring(model, normal(5000, 4), test, axes=axes, n_generated=2500, n_reference=700)
    z = context.draws("generated").rows(2500, 3)
    if axes is not None:
        z[:, 1] = 2.0
    found = measure(context)
    assert found.value == pytest.approx(frechet_distance(z @ model.weight.T, test[:700]), rel=1e-9)
    assert found.n == 700
    assert found.spread == frechet_spread(context.generated(), Gaussian.of(test[:700])) > 0
    others = context.data.train.values[:2500]
    assert found.floor.value == pytest.approx(frechet_distance(others, test[:700]))
    assert found.floor.spread == frechet_spread(others, Gaussian.of(test[:700]))
    assert found.floor.of == "as many real examples that aren't in the reference"


def test_the_floor_comes_from_examples_outside_the_reference(linear, measuring, normal):
    train, test = normal(50, 4), normal(30, 4, name="test data")
    found = measure(measuring(linear(values=4), train, test, split="train", n_generated=40))
    assert found.floor.value == pytest.approx(frechet_distance(test, train))
    assert found.floor.of.startswith("30 real examples")  # where 40 are generated
    assert measure(measuring(linear(values=4), train, test[:4], split="train")).floor is None


def test_a_perfect_generator_is_at_the_floor_and_another_is_not(linear, measuring, normal):
    perfect = measuring(linear(values=4, weight=torch.eye(4)), normal(500, 4), normal(500, 4, name="test data"))
    perfect = replace(perfect, evaluation=perfect.evaluation.model_copy(update={"n_generated": 500}))
    found = measure(perfect)
    assert found.floor.reaches(found.value)
    wide = linear(values=4, weight=1.5 * torch.eye(4))
    other = measure(replace(perfect, model=wide, shared={}))
    assert not other.floor.reaches(other.value)
    assert other.floor == found.floor


@pytest.mark.parametrize("split", ["train", "validation", "train+validation"])
def test_the_reference_is_of_the_split_for_distributions_and_the_floor_from_outside_it(
    linear, measuring, normal, split
):
    context = measuring(linear(values=4), normal(90, 4), normal(60, 4, name="test data"), distribution={"split": split})
    train, test = context.data.train.values, context.data.test.values
    held_back = replace(context.data, train=Split(train[:50]), validation=Split(train[50:]))
    found = measure(replace(context, data=held_back))
    real = {"train": train[:50], "validation": train[50:], "train+validation": train}[split]
    assert found.value == pytest.approx(frechet_distance(context.generated(), real), rel=1e-9)
    outside = train[:50] if split == "validation" else test
    assert found.floor.value == pytest.approx(frechet_distance(outside, real), rel=1e-9)


def test_few_vectors_are_taken_where_asked_for_and_have_no_spread(linear, measuring, normal):
    test = normal(20, 6, name="test data")
    context = measuring(linear(), normal(5, 6), test, n_generated=6, distribution={"allow_few": True})
    found = measure(context)
    assert found.value == pytest.approx(frechet_distance(context.generated(), test), rel=1e-9)
    assert found.spread is None
    assert found.floor.value == pytest.approx(frechet_distance(context.data.train.values, test), rel=1e-9)


def test_the_metric_refuses_too_few_vectors_and_samples_that_are_not_finite(linear, measuring, normal):
    train = normal(100, 6)
    for sizes in ({"n_generated": 6}, {"n_reference": 6}):
        with pytest.raises(MetricRefused, match=r"6 vectors of 6 values.*allow_few = true"):
            measure(measuring(linear(), train, train, **sizes))
    with pytest.raises(MetricRefused, match="samples are not finite"):
        measure(measuring(linear(bias=float("nan")), train, train))
