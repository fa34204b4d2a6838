"""NAC against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from latentdim.metrics import MetricRefused, normalised_absolute_covariance
from latentdim.metrics.nac.measure import measure
from latentdim.system.seeds import stream


def codes_with(covariance, n: int = 200) -> np.ndarray:
    """Codes whose sample covariance is exactly the given one, up to a factor."""
    covariance = np.asarray(covariance, float)
    raw = stream("nac", len(covariance)).normal(size=(n, len(covariance)))
    white, _ = np.linalg.qr(raw - raw.mean(axis=0))
    return white @ np.linalg.cholesky(covariance).T + 7.0


def correlated(spreads, correlation: float) -> np.ndarray:
    matrix = np.full((len(spreads), len(spreads)), correlation)
    np.fill_diagonal(matrix, 1.0)
    return matrix * np.outer(spreads, spreads)


@pytest.mark.parametrize(
    ("covariance", "expected"),
    [
        ([[1, 0.2, 0.1], [0.2, 1, 0], [0.1, 0, 1]], 0.1),
        ([[1, -0.2, 0.1], [-0.2, 1, 0], [0.1, 0, 1]], 0.1),
        (correlated([1, 1, 1, 1], 0.5), 0.0),
        (correlated([1, 2, 3, 4], 0.5), 0.127778),
    ],
)
def test_nac_of_a_known_covariance(covariance, expected):
    assert normalised_absolute_covariance(codes_with(covariance)) == pytest.approx(expected, abs=1e-6)


def test_the_scale_comes_from_all_axes_and_the_mean_from_the_chosen_ones():
    codes = codes_with([[1, 0.2, 0.1, 0.3], [0.2, 1, 0, 0], [0.1, 0, 1, 0], [0.3, 0, 0, 4]])
    axes = np.array([True, True, True, False])
    assert normalised_absolute_covariance(codes, axes) == pytest.approx(0.1 / 4, abs=1e-9)
    assert normalised_absolute_covariance(torch.from_numpy(codes), torch.from_numpy(axes)) == pytest.approx(
        0.1 / 4, abs=1e-9
    )


def test_a_common_scale_and_the_number_of_codes_do_not_matter():
    codes = codes_with(correlated([1, 2, 3, 4], 0.5))
    expected = normalised_absolute_covariance(codes)
    assert normalised_absolute_covariance(-30 * codes) == pytest.approx(expected, rel=1e-9)
    assert normalised_absolute_covariance(np.concatenate([codes, codes])) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("dim", [9, 32, 256])
def test_independent_axes_of_equal_variance_give_the_floor(dim):
    codes = stream("nac", "floor", dim).normal(size=(5000, dim))
    assert normalised_absolute_covariance(codes) == pytest.approx(0.0109, abs=0.0018)


def test_codes_without_a_scale_are_refused():
    noise = stream("nac", "refused").normal(size=(50, 1))
    with pytest.raises(ValueError, match="constant"):
        normalised_absolute_covariance(np.full((5000, 3), 0.3, dtype=np.float32))
    with pytest.raises(ValueError, match="constant"):
        normalised_absolute_covariance(np.zeros((10, 3)))
    with pytest.raises(ValueError, match="span no range"):
        normalised_absolute_covariance(np.repeat(noise, 3, axis=1))
    with pytest.raises(ValueError, match="finite matrix"):
        normalised_absolute_covariance(np.full((5, 3), np.nan))
    for axes in ([True, False, False], [True, True]):
        with pytest.raises(ValueError, match="needs"):
            normalised_absolute_covariance(noise * np.ones((50, 3)), np.array(axes))


def test_the_metric_takes_posterior_means_of_the_first_training_examples(linear, measuring, normal):
    model, train = linear(dim=4, noise=5.0), normal(300, 6)
    codes = train[:120] @ model.encoder.T
    for axes in (None, [True, True, False, True]):
        found = measure(measuring(model, train, train[:3], axes=axes, n_covariance=120))
        matrix = np.abs(np.cov(codes.double().numpy(), rowvar=False))
        matrix = (matrix - matrix.min()) / (matrix.max() - matrix.min())
        kept = np.arange(4) if axes is None else np.flatnonzero(axes)
        expected = np.mean([matrix[i, j] for i in kept for j in kept if i != j])
        assert found.value == pytest.approx(expected, rel=1e-5)
        assert found.n == 120
        assert found.detail == {"n_axes": len(kept)}


def test_the_floor_is_that_of_independent_axes_and_keeps_their_variances(linear, measuring, normal):
    train = normal(2000, 6)
    equal = measure(measuring(linear(dim=6, values=6, encoder=torch.eye(6)), train, train[:3]))
    assert equal.floor.value == pytest.approx(math.sqrt(2 / (math.pi * 2000)), rel=0.15)
    assert equal.floor.reaches(equal.value)
    unequal = torch.diag(torch.tensor([5.0, 1, 1, 1, 1, 1]))
    found = measure(measuring(linear(dim=6, values=6, encoder=unequal), train, train[:3]))
    assert found.floor.value < equal.floor.value / 4  # the largest entry, which sets the scale, is 25 times as large
    turned = torch.eye(6) + 0.2
    correlated = measure(measuring(linear(dim=6, values=6, encoder=turned), train, train[:3]))
    assert not correlated.floor.reaches(correlated.value)


def test_of_two_axes_it_is_zero_by_construction_and_refused(linear, measuring, normal):
    train = normal(200, 6)
    for seed in range(3):
        mixed = normal(200, 2, name=f"mixed {seed}") @ normal(2, 2, name=f"mixing {seed}")
        assert normalised_absolute_covariance(mixed / mixed.std(dim=0)) == 0.0
    with pytest.raises(MetricRefused, match="of 2 axes it is 0 whatever the codes"):
        measure(measuring(linear(dim=2), train, train))
    assert measure(measuring(linear(dim=3), train, train, axes=[True, True, False])).value > 0.0


def test_the_metric_refuses_fewer_than_two_axes_and_constant_codes(linear, measuring, normal):
    train = normal(30, 6)
    with pytest.raises(MetricRefused, match="1 axes are chosen"):
        measure(measuring(linear(), train, train, axes=[False, True, False]))
    with pytest.raises(MetricRefused, match="constant"):
        measure(measuring(linear(encoder=torch.zeros(3, 6)), train, train))
