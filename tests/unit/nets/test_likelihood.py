"""Likelihoods against torch's distributions, numerical integration, and their own losses worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad, quad
from torch import Tensor
from torch.distributions import Bernoulli as TorchBernoulli
from torch.distributions import Normal

from latentdim.nets.architectures.mlp import Mlp
from latentdim.nets.draws import Draws
from latentdim.nets.likelihood import (
    Bernoulli,
    FixedGaussian,
    Gaussian,
    LearnedGaussian,
    Likelihood,
    Radial,
    likelihood_of,
    reconstruction,
)
from latentdim.study.protocol import Training


class Halved:
    """Decodes a code z to the logits z / 2."""

    log_deviation: Tensor | None = None

    def decode(self, z: Tensor) -> Tensor:
        return (z / 2).sigmoid()

    def logits(self, z: Tensor) -> Tensor | None:
        return z / 2


class Linear(Halved):
    """The same without a sigmoid."""

    def decode(self, z: Tensor) -> Tensor:
        return z / 2

    def logits(self, z: Tensor) -> Tensor | None:
        return None


def batch() -> tuple[Tensor, Tensor]:
    draws = Draws.named("likelihood")
    return draws.uniform((5, 2, 3)), draws.normal((5, 2, 3))


def by_hand(kind: str, x: Tensor, mean: Tensor) -> list[float]:
    """Summed cost of each example."""
    found = []
    for one, other in zip(x.flatten(1).tolist(), mean.flatten(1).tolist(), strict=True):
        pairs = list(zip(one, other, strict=True))
        if kind == "bernoulli":
            found.append(-sum(t * math.log(p) + (1 - t) * math.log(1 - p) for t, p in pairs))
        else:
            total = sum((t - p) ** 2 for t, p in pairs)
            found.append(total**0.5 if kind == "radial" else total)
    return found


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("kind", [Gaussian, Bernoulli, Radial])
def test_the_loss_is_the_batch_mean_of_the_reduced_costs(kind: type[Likelihood], reduction: str) -> None:
    x, z = batch()
    costs = by_hand(kind.name, x, (z / 2).sigmoid())
    expected = sum(costs) / 5 / (6 if reduction == "mean" and kind is not Radial else 1)
    found = kind(reduction=reduction).loss(Halved(), z, x)  # type: ignore[arg-type]
    assert found.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("likelihood", "deviation"),
    [
        (Gaussian(), 0.5**0.5),
        (Gaussian(kl_weight=4.0), 2.0**0.5),
        (Gaussian(kl_weight=0.25, reduction="mean"), 0.75**0.5),
        (Gaussian(variance=1.0, kl_weight=9.0), 1.0),
    ],
)
def test_a_gaussians_variance_is_half_of_beta(likelihood: Gaussian, deviation: float) -> None:
    x, mean = (values.double() for values in batch())
    expected = Normal(mean, deviation).log_prob(x).sum(dim=(1, 2))
    torch.testing.assert_close(likelihood.log_density(x, mean), expected, rtol=1e-12, atol=0)
    assert likelihood.caveat(6) is None


@pytest.mark.parametrize(("reduction", "divisor"), [("sum", 5), ("mean", 30)])
@pytest.mark.parametrize("variance", [0.3, 1.0, 4.0])
def test_a_named_variances_loss_is_the_negative_log_density(variance: float, reduction: str, divisor: int) -> None:
    x, z = batch()
    expected = -Normal((z / 2).sigmoid(), variance**0.5).log_prob(x).sum().item() / divisor
    protocol = Training.model_validate({"decoder_variance": variance, "reduction": reduction, "steps": 1})
    assert reconstruction(Halved(), z, x, protocol).item() == pytest.approx(expected, rel=1e-5)
    scale = torch.tensor(0.5 * math.log(variance), requires_grad=True)
    learned = Halved()
    learned.log_deviation = scale
    protocol = Training.model_validate({"decoder_variance": "learned", "reduction": reduction, "steps": 1})
    found = reconstruction(learned, z, x, protocol)
    assert found.item() == pytest.approx(expected, rel=1e-5)
    found.backward()  # ∂/∂log σ of the negative log-density: D − Σ error² / σ²
    errors = ((z / 2).sigmoid() - x).square().sum().item() / variance
    assert scale.grad is not None
    assert scale.grad.item() == pytest.approx((30 - errors) / divisor, rel=1e-4)


@pytest.mark.parametrize(("weight", "reduction"), [(1.0, "sum"), (3.0, "sum"), (0.5, "mean")])
def test_a_named_variance_is_the_bounds_times_beta(weight: float, reduction: str) -> None:
    """β times the negative bound under β σ², without the constants, is the objective."""
    x, z = batch()
    likelihood = FixedGaussian(decoder_variance=0.2, kl_weight=weight, reduction=reduction)  # type: ignore[arg-type]
    means = [torch.zeros_like(x), (z / 2).sigmoid()]
    losses = [-Normal(mean, 0.2**0.5).log_prob(x).sum().item() for mean in means]
    bounds = [-likelihood.log_density(x, mean).sum().item() for mean in means]
    scale = weight * (6 if reduction == "mean" else 1)
    assert losses[0] - losses[1] == pytest.approx(scale * (bounds[0] - bounds[1]), rel=1e-4)
    assert likelihood.caveat(6) is None


def test_a_learned_variance_is_told_as_it_is_and_is_no_bound_beside_another_weight_than_one() -> None:
    x, mean = (values.double() for values in batch())
    scale = torch.tensor(-1.0)
    likelihood = LearnedGaussian(log_deviation=scale)
    expected = Normal(mean, math.exp(-1.0)).log_prob(x).sum(dim=(1, 2))
    torch.testing.assert_close(likelihood.log_density(x, mean), expected, rtol=1e-6, atol=0)
    assert likelihood.density_name(6) == "gaussian with variance 0.135335, learned"
    assert likelihood.caveat(6) is None
    assert "by 2 against" in (LearnedGaussian(log_deviation=scale, kl_weight=2.0).caveat(6) or "")
    scale += 1.0
    assert likelihood.density_name(6) == "gaussian with variance 1, learned"


def test_a_decoder_variance_that_nothing_can_be_done_with_is_refused() -> None:
    learned = Training.model_validate({"decoder_variance": "learned", "steps": 1})
    with pytest.raises(ValueError, match="no log_deviation to learn"):
        likelihood_of(learned)
    options = {"network": Mlp(output="sigmoid"), "likelihood": "bernoulli", "steps": 1}
    for value, told in ((1.0, "1.0"), ("learned", "'learned'")):
        with pytest.raises(ValueError, match=f"decoder_variance = {told} belongs to likelihood 'gaussian'"):
            Training.model_validate(options | {"decoder_variance": value})


@pytest.mark.parametrize("kl_weight", [1.0, 0.3])
def test_a_bernoullis_density_is_that_of_torch(kl_weight: float) -> None:
    x, z = (values.double() for values in batch())
    expected = TorchBernoulli(logits=z / 2, validate_args=False).log_prob(x).sum(dim=(1, 2))
    likelihood, mean = Bernoulli(kl_weight=kl_weight), (z / 2).sigmoid()
    torch.testing.assert_close(likelihood.log_density(x, mean, logits=z / 2), expected)
    torch.testing.assert_close(likelihood.log_density(x, mean), expected)
    assert (likelihood.caveat(6) is None) == (kl_weight == 1.0)


def test_a_bernoulli_beside_the_mean_over_values_is_a_bound_where_beta_is_one_over_their_number() -> None:
    assert Bernoulli(reduction="mean", kl_weight=1 / 6).caveat(6) is None
    assert "by 6 against the summed" in (Bernoulli(reduction="mean").caveat(6) or "")


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_the_radial_density_integrates_to_one(scale: float) -> None:
    likelihood = Radial(kl_weight=scale)

    def density(*x: float) -> float:
        return likelihood.log_density(torch.tensor([x]).double(), torch.zeros(1, len(x)).double()).exp().item()

    assert 2 * quad(density, 0, 60 * scale)[0] == pytest.approx(1.0, rel=1e-6)
    plane = dblquad(lambda x, y: density(x, y), 0, 12 * scale, 0, 12 * scale, epsabs=1e-3)[0]
    assert 4 * plane == pytest.approx(1.0, abs=5e-3)
    x, mean = (values.double() for values in batch())
    norms = torch.tensor(by_hand("radial", x, mean), dtype=torch.float64)
    found = likelihood.log_density(x, mean)
    torch.testing.assert_close(found - found[0], -(norms - norms[0]) / scale)


def test_grey_values_keep_the_cross_entropy_at_their_own_entropy() -> None:
    x = torch.full((1, 10), 0.3).double()
    floor = 10 * (0.3 * math.log(0.3) + 0.7 * math.log(0.7))
    assert Bernoulli().log_density(x, x).item() == pytest.approx(floor, rel=1e-6)
    assert Bernoulli().log_density(x, x + 0.05).item() < floor


def test_a_mean_of_0_or_1_costs_a_finite_amount() -> None:
    x = torch.tensor([[0.0, 1.0]]).double()
    assert Bernoulli().log_density(x, x).item() == pytest.approx(0.0, abs=1e-6)
    assert Bernoulli().log_density(x, 1.0 - x).item() == pytest.approx(-2 * 24 * math.log(2), rel=1e-6)


def test_what_the_bernoulli_likelihood_is_not_defined_on_is_refused() -> None:
    half = torch.full((2, 3), 0.5)
    for x, made, told in ((2 * half + 0.1, half, "an example"), (half, half - 0.6, "decoder's mean")):
        with pytest.raises(ValueError, match=told):
            Bernoulli().log_density(x, made)
        Gaussian().log_density(x, made)
    with pytest.raises(ValueError, match="decoder's mean"):
        Bernoulli().log_density(half, torch.full((2, 3), torch.nan))
    with pytest.raises(ValueError, match="a decoder whose output is a sigmoid"):
        Bernoulli().loss(Linear(), half, half)


@pytest.mark.parametrize("kind", [Gaussian, Bernoulli])
@pytest.mark.parametrize("output", ["linear", "sigmoid", "tanh"])
def test_a_protocol_accepts_the_outputs_that_its_likelihood_does(kind: type[Likelihood], output: str) -> None:
    options = {"network": Mlp(output=output), "likelihood": kind.name, "steps": 1}
    if output in kind.outputs:
        likelihood = likelihood_of(Training.model_validate(options), kl_weight=2.0)
        assert (type(likelihood), likelihood.reduction, likelihood.kl_weight) == (kind, "sum", 2.0)
    else:
        with pytest.raises(ValueError, match=f"likelihood '{kind.name}' needs"):
            Training.model_validate(options)


def test_losses_reach_the_codes() -> None:
    x, z = batch()
    for likelihood in (Gaussian(), Bernoulli(), Radial()):
        code = z.clone().requires_grad_()
        (slope,) = torch.autograd.grad(likelihood.loss(Halved(), code, x), code)
        assert np.isfinite(slope.numpy()).all()
        assert slope.abs().min() > 0
