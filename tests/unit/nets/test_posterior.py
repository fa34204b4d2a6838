"""Posteriors' densities against torch's, and divergences that have no closed form."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.distributions import Laplace, Normal, kl_divergence

from latentdim.nets import GaussianPosterior, Posterior, Prior, StandardNormal
from latentdim.nets.draws import Draws


class LaplacePrior(Prior):
    """A prior for which a Gaussian's divergence isn't known here."""

    mean, variance = torch.zeros(2), torch.full((2,), 2.0)

    def log_density(self, z: Tensor) -> Tensor:
        return Laplace(0.0, 1.0).log_prob(z).sum(dim=1)


class Point(Posterior):
    """Known by a draw and a divergence alone."""

    def __init__(self, mean: Tensor) -> None:
        self.mean = mean

    def draw(self, draws: Draws) -> Tensor:
        return self.mean

    def kl(self, prior: Prior) -> Tensor:
        return self.mean.sum(dim=1)


@pytest.fixture
def posterior() -> GaussianPosterior:
    draws = Draws.named("posterior")
    return GaussianPosterior(draws.normal((3, 2)), draws.normal((3, 2)))


def test_the_log_density_is_that_of_torch(posterior: GaussianPosterior) -> None:
    z = Draws.named("z").normal((3, 2))
    expected = Normal(posterior.mean, (0.5 * posterior.log_var).exp()).log_prob(z).sum(dim=1)
    torch.testing.assert_close(posterior.log_density(z), expected)


def test_where_a_closed_form_is_known_it_is_taken_whatever_is_drawn(posterior: GaussianPosterior) -> None:
    z, kl = posterior.draw_with_kl(Draws.named("a"), StandardNormal(2))
    torch.testing.assert_close(z, posterior.draw(Draws.named("a")), rtol=0, atol=0)
    own = Normal(posterior.mean, (0.5 * posterior.log_var).exp())
    torch.testing.assert_close(kl, kl_divergence(own, Normal(0.0, 1.0)).sum(dim=1))


def test_elsewhere_it_is_estimated_at_the_code_that_was_drawn(posterior: GaussianPosterior) -> None:
    own, prior = Normal(posterior.mean, (0.5 * posterior.log_var).exp()), Laplace(0.0, 1.0)
    draws = Draws.named("many")
    z, kl = posterior.draw_with_kl(draws, LaplacePrior())
    torch.testing.assert_close(kl, (own.log_prob(z) - prior.log_prob(z)).sum(dim=1))
    estimates = torch.stack([posterior.draw_with_kl(draws, LaplacePrior())[1] for _ in range(4000)])
    cells = torch.linspace(-20, 20, 40001)[:, None, None]
    exact = (own.log_prob(cells).exp() * (own.log_prob(cells) - prior.log_prob(cells))).sum(dim=0) * 1e-3
    error = estimates.std(dim=0) / 4000**0.5
    assert ((estimates.mean(dim=0) - exact.sum(dim=1)).abs() < 4 * error).all()


def test_a_posterior_that_knows_its_divergence_alone_will_do() -> None:
    z, kl = Point(torch.ones(3, 2)).draw_with_kl(Draws.named("a"), StandardNormal(2))
    assert (z.tolist(), kl.tolist()) == ([[1.0, 1.0]] * 3, [2.0] * 3)
    with pytest.raises(NotImplementedError, match="use draw_with_kl"):
        Posterior.kl(Point(torch.ones(3, 2)), StandardNormal(2))


def test_divergences_of_what_comes_in_bfloat16_are_those_of_the_same_numbers_in_float32() -> None:
    generator = torch.Generator().manual_seed(0)
    mean, log_var = (0.02 * torch.randn(50, 64, generator=generator).bfloat16() for _ in range(2))
    expected = 0.5 * (mean.double() ** 2 + log_var.double().exp() - 1 - log_var.double()).sum(dim=1)
    found = GaussianPosterior(mean, log_var).kl(StandardNormal(64))
    torch.testing.assert_close(found.double(), expected, rtol=1e-3, atol=1e-5)
