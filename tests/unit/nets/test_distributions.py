"""Priors and posteriors against torch's distributions, numerical integration and sampling."""

from __future__ import annotations

import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from latentdim.nets import CorrelatedNormal, DiagonalNormal, Draws, GaussianPosterior, Prior, StandardNormal
from latentdim.system.problems import ContractChanged


def diagonal() -> DiagonalNormal:
    return DiagonalNormal(torch.tensor([0.5, -1.0, 0.0]), torch.tensor([0.2, 1.0, 3.0]))


def correlated() -> CorrelatedNormal:
    """Three axes of which the last is always zero."""
    return CorrelatedNormal(torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 0.0]]))


def posterior() -> GaussianPosterior:
    draws = Draws.named("posterior")
    return GaussianPosterior(draws.normal((6, 3)), draws.normal((6, 3)))


@pytest.mark.parametrize("prior", [StandardNormal(3), diagonal(), correlated()], ids=lambda p: type(p).__name__)
def test_samples_have_the_priors_moments_and_more_of_them_keep_the_first(prior: Prior) -> None:
    drawn = prior.sample(50_000, Draws.named("prior"))
    assert drawn.shape == (50_000, 3)
    scale = prior.variance.sqrt()
    assert ((drawn.mean(dim=0) - prior.mean).abs() <= 4 * scale / 50_000**0.5).all()
    assert torch.allclose(drawn.var(dim=0), prior.variance, rtol=4 * (2 / 50_000) ** 0.5)
    for n in (1, 7, 1000, 1001):
        assert torch.equal(prior.sample(n, Draws.named("prior")), drawn[:n])


def test_log_densities_are_those_of_torch() -> None:
    z, prior = Draws.named("z").normal((9, 3)), diagonal()
    expected = Normal(prior.mean, prior.variance.sqrt()).log_prob(z).sum(dim=1)
    torch.testing.assert_close(prior.log_density(z), expected)
    expected = Normal(torch.zeros(3), torch.ones(3)).log_prob(z).sum(dim=1)
    torch.testing.assert_close(StandardNormal(3).log_density(z), expected)
    flat = correlated()
    plane = MultivariateNormal(torch.zeros(2), flat.root[:2] @ flat.root[:2].T)
    torch.testing.assert_close(flat.log_density(z), plane.log_prob(z[:, :2]))
    constant = DiagonalNormal(torch.zeros(2), torch.tensor([4.0, 0.0]))
    torch.testing.assert_close(constant.log_density(z[:, :2]), Normal(0.0, 2.0).log_prob(z[:, 0]))


@pytest.mark.parametrize("prior", [StandardNormal(3), diagonal()], ids=lambda p: type(p).__name__)
def test_divergences_are_those_of_torch_and_of_numerical_integration(prior: DiagonalNormal) -> None:
    q = posterior()
    ours = q.kl(prior)
    gaussians = Normal(q.mean, (0.5 * q.log_var).exp()), Normal(prior.mean, prior.variance.sqrt())
    torch.testing.assert_close(ours, kl_divergence(*gaussians).sum(dim=1))
    integrated = 0.0
    for axis in range(3):
        one = norm(q.mean[0, axis].item(), (0.5 * q.log_var[0, axis]).exp().item())
        other = norm(prior.mean[axis].item(), prior.variance[axis].sqrt().item())
        low, high = one.mean() - 12 * one.std(), one.mean() + 12 * one.std()
        integrated += quad(lambda t, p=one, r=other: p.pdf(t) * (p.logpdf(t) - r.logpdf(t)), low, high)[0]
    assert ours[0].item() == pytest.approx(integrated, rel=1e-5)


def test_both_forms_of_the_standard_normal_are_one() -> None:
    plain = DiagonalNormal(torch.zeros(3), torch.ones(3))
    torch.testing.assert_close(posterior().kl(plain), posterior().kl(StandardNormal(3)))
    assert torch.equal(plain.sample(5, Draws.named("s")), StandardNormal(3).sample(5, Draws.named("s")))


def test_a_standard_normal_keeps_nothing_among_the_weights_and_others_all() -> None:
    assert not StandardNormal(3).state_dict()
    assert set(diagonal().state_dict()) == {"mean", "variance"}
    assert set(correlated().state_dict()) == {"root"}


def test_posterior_draws_have_its_moments_and_carry_gradients() -> None:
    mean = torch.tensor([[1.0, -2.0]]).requires_grad_()
    log_var = torch.tensor([[0.0, 2.0]]).requires_grad_()
    many = GaussianPosterior(mean.expand(40_000, 2), log_var.expand(40_000, 2)).draw(Draws.named("draw"))
    assert many.mean(dim=0).tolist() == pytest.approx([1.0, -2.0], abs=0.06)
    assert many.var(dim=0).tolist() == pytest.approx([1.0, 7.39], rel=0.05)
    by_mean, by_log_var = torch.autograd.grad(many.sum(dim=0).sum(), (mean, log_var))
    assert by_mean.tolist() == [[40_000.0, 40_000.0]]
    expected = 0.5 * (many.detach() - mean.detach()).sum(dim=0)
    torch.testing.assert_close(by_log_var[0], expected, rtol=1e-3, atol=1e-2)


def test_a_posterior_of_two_shapes_and_a_divergence_without_a_closed_form_are_refused() -> None:
    with pytest.raises(ValueError, match=r"mean is \(4, 3\) but log_var is \(4, 1\)"):
        GaussianPosterior(torch.zeros(4, 3), torch.zeros(4, 1))
    with pytest.raises(NotImplementedError, match="from a CorrelatedNormal has no closed form"):
        posterior().kl(correlated())


def test_who_unpacks_a_posterior_is_told_what_to_write() -> None:
    with pytest.raises(ContractChanged, match=r"posterior\.draw\(draws\)"):
        _mean, _log_var = posterior()  # type: ignore[misc]


def test_a_priors_variance_of_codes_is_about_their_mean() -> None:
    codes = 3.0 + Draws.named("codes").normal((200, 3))
    torch.testing.assert_close(StandardNormal(3).code_variance(codes), codes.double().var(dim=0, correction=0))
    assert StandardNormal(3).estimate([codes]) is None
