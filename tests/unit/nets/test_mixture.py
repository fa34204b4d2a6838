"""The mixture prior against scikit-learn and against sums over its components."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture
from torch import Tensor

from latentdim.nets import Draws, NormalMixture

CENTRES = torch.tensor([[4.0, 0.0, 0.0], [-4.0, 1.0, 0.0], [0.0, 5.0, 3.0]])
SHARES = (0.2, 0.3, 0.5)


@pytest.fixture
def codes() -> Tensor:
    """1,000 codes of three well separated clouds, one of them stretched."""
    noise = Draws.named("mixture", "codes").normal((1000, 3))
    counts = [round(1000 * share) for share in SHARES]
    centres = CENTRES.repeat_interleave(torch.tensor(counts), dim=0)
    noise[:200, 1] *= 2.0
    noise[:200, 0] += 0.5 * noise[:200, 1]
    return centres + 0.5 * noise


def fitted(codes: Tensor, *, components: int = 3, name: str = "fit") -> NormalMixture:
    prior = NormalMixture(codes.shape[1], components=components)
    prior.fit(codes, Draws.named("mixture", name))
    return prior


def test_its_density_is_scikit_learns_of_the_same_fit(codes: Tensor) -> None:
    prior = fitted(codes)
    theirs = GaussianMixture(3, n_init=3, max_iter=2000, random_state=0).fit(codes.double().numpy())
    points = torch.cat([codes[::50], 3.0 * torch.randn(50, 3, generator=torch.Generator().manual_seed(1))])
    expected = theirs.score_samples(points.double().numpy())
    np.testing.assert_allclose(prior.log_density(points).numpy(), expected, rtol=2e-3, atol=2e-3)
    order = np.argsort(theirs.weights_)
    np.testing.assert_allclose(prior.weights.sort().values.numpy(), theirs.weights_[order], atol=1e-4)


def test_its_density_is_the_weighted_sum_of_normal_densities(codes: Tensor) -> None:
    prior = fitted(codes)
    covariances = (prior.roots @ prior.roots.mT).double().numpy()
    parts = zip(prior.weights.tolist(), prior.means.double().numpy(), covariances, strict=True)
    total = sum(weight * multivariate_normal(mean, cov).pdf(codes.numpy()[:40]) for weight, mean, cov in parts)
    np.testing.assert_allclose(prior.log_density(codes[:40]).numpy(), np.log(total), rtol=1e-4, atol=1e-4)


def test_one_component_is_the_gaussian_with_the_codes_moments(codes: Tensor) -> None:
    prior, exact = fitted(codes, components=1), codes.double().numpy()
    np.testing.assert_allclose(prior.means[0].numpy(), exact.mean(axis=0), atol=1e-5)
    covariance = np.cov(exact.T, bias=True) + 1e-6 * np.eye(3)
    np.testing.assert_allclose((prior.roots[0] @ prior.roots[0].T).numpy(), covariance, rtol=1e-4, atol=1e-5)


def test_its_moments_are_those_of_the_codes_and_of_its_draws(codes: Tensor) -> None:
    prior = fitted(codes)
    torch.testing.assert_close(prior.mean, codes.mean(dim=0), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(prior.variance, codes.var(dim=0, correction=0), rtol=1e-3, atol=1e-3)
    drawn = prior.sample(40_000, Draws.named("mixture", "sample"))
    error = 4.0 * (codes.std(dim=0) / 40_000**0.5).max().item()
    torch.testing.assert_close(drawn.mean(dim=0), codes.mean(dim=0), rtol=0.0, atol=error)
    covariances = (torch.cov(one.T, correction=0) for one in (drawn, codes))
    torch.testing.assert_close(*covariances, rtol=0.03, atol=0.1)
    nearest = torch.cdist(drawn, CENTRES).argmin(dim=1).bincount() / 40_000
    torch.testing.assert_close(nearest, torch.tensor(SHARES), rtol=0.0, atol=0.012)


def test_a_components_draws_have_its_covariance() -> None:
    """R Rᵀ with an uneven R, whose Rᵀ R is another matrix."""
    prior, root = NormalMixture(2, components=1), torch.tensor([[1.0, 0.0], [2.0, 0.3]])
    prior.roots.copy_(root)
    drawn = prior.sample(40_000, Draws.named("mixture", "covariance"))
    torch.testing.assert_close(torch.cov(drawn.T), torch.tensor([[1.0, 2.0], [2.0, 4.09]]), rtol=0.03, atol=0.0)


def test_it_draws_the_first_codes_first(codes: Tensor) -> None:
    prior = fitted(codes)
    fewer, more = (prior.sample(n, Draws.named("mixture", "sample")) for n in (7, 1500))
    assert torch.equal(more[:7], fewer)


def test_equal_draws_give_equal_fits_and_the_global_generators_stay(codes: Tensor) -> None:
    np.random.seed(3)
    before = np.random.get_state()[1].copy()  # type: ignore[index]
    one, two = fitted(codes, components=10), fitted(codes, components=10)
    assert (np.random.get_state()[1] == before).all()  # type: ignore[index]
    for name, value in one.state_dict().items():
        assert torch.equal(value, two.state_dict()[name])
    other = fitted(codes, components=10, name="another")
    assert not torch.equal(one.means, other.means)


def test_until_it_is_fitted_it_is_the_standard_normal() -> None:
    z = Draws.named("mixture", "z").normal((5, 2))
    expected = multivariate_normal(np.zeros(2)).logpdf(z.numpy())
    np.testing.assert_allclose(NormalMixture(2, components=4).log_density(z).numpy(), expected, rtol=1e-5)
