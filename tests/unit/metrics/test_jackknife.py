"""The jackknife's spread against that of many draws, and its moments against leaving rows out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentdim.metrics import frechet_distance, frechet_spread
from latentdim.metrics.gaussian import Gaussian
from latentdim.metrics.jackknife import GROUPS, gaussians_without_a_group
from latentdim.system.seeds import stream

DIM, N, DRAWS = 8, 600, 150


def draws(name: str, count: int = DRAWS) -> torch.Tensor:
    """Skewed vectors with unequal, correlated values: no case that the formula was made for."""
    generator = stream("jackknife", name)
    mixing = stream("jackknife", "mixing").normal(size=(DIM, DIM)) * np.linspace(0.2, 2, DIM)
    return torch.from_numpy(generator.gamma(2.0, size=(count, N, DIM)) @ mixing)


def test_the_spread_is_that_of_repeated_draws_against_one_reference():
    reference = Gaussian.of(draws("reference", 1)[0] * 0.9 + 0.1)
    made = draws("made")
    values = [reference.distance(Gaussian.of(sample)) for sample in made]
    found = [frechet_spread(sample, reference) for sample in made]
    # 150 draws know a standard deviation to 6 %, the mean of 150 jackknives of ten groups to 2 %.
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(np.std(values), rel=0.2)


def test_the_spread_of_pairs_is_that_of_repeated_draws_of_pairs():
    real = draws("real")
    made = 0.8 * real + 0.3 * draws("noise")
    values = [frechet_distance(a, b) for a, b in zip(made, real, strict=True)]
    found = [frechet_spread(a, Gaussian.of(b), pairs=b) for a, b in zip(made, real, strict=True)]
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(np.std(values), rel=0.2)
    apart = [frechet_spread(a, Gaussian.of(b)) for a, b in zip(made[:20], real[:20], strict=True)]
    assert np.mean(apart) != pytest.approx(np.std(values), rel=0.2)  # what pairs share does cancel


@pytest.mark.parametrize("n", [50, 57])
def test_each_group_leaves_once(n):
    vectors = draws("left", 1)[0, :n] + 1e4
    for start, found in enumerate(gaussians_without_a_group(vectors)):
        rest = np.delete(vectors.numpy(), np.arange(start, n, GROUPS), axis=0)
        np.testing.assert_allclose(found.mean.numpy(), rest.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(found.covariance.numpy(), np.cov(rest, rowvar=False), rtol=1e-8, atol=1e-8)


def test_it_is_the_jackknife_s_formula():
    sample, reference = draws("one", 1)[0], Gaussian.of(draws("two", 1)[0])
    values = []
    for start in range(GROUPS):
        rest = torch.from_numpy(np.delete(sample.numpy(), np.arange(start, N, GROUPS), axis=0))
        values.append(reference.distance(Gaussian.of(rest)))
    expected = np.sqrt((GROUPS - 1) / GROUPS * np.sum((np.array(values) - np.mean(values)) ** 2))
    assert frechet_spread(sample, reference) == pytest.approx(expected, rel=1e-6)


def test_too_few_vectors_have_no_spread():
    sample = draws("few", 1)[0]
    reference = Gaussian.of(sample)
    assert frechet_spread(sample[:9], reference) is None
    assert frechet_spread(sample[:10], reference) is not None


def test_arrays_stand_for_tensors_and_vectors_for_their_gaussian():
    made, real = draws("arrays", 2)
    for pairs in (None, real):
        expected = frechet_spread(made, Gaussian.of(real), pairs=pairs)
        given = None if pairs is None else pairs.numpy()
        assert frechet_spread(made.numpy(), real.numpy(), pairs=given) == expected
