"""The negative ELBO against closed forms, torch's own cross-entropy and densities, and numerical expectation."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from latentdim.conformance.methods import TINY
from latentdim.conformance.tiny import tiny_pictures
from latentdim.metrics import Measuring, MetricRefused, negative_elbo
from latentdim.metrics.elbo import measure, reconstruction_cost
from latentdim.nets import GaussianVAE
from latentdim.nets.draws import Draws
from latentdim.nets.latent import LatentModel
from latentdim.study.evaluation import Evaluation
from latentdim.system.seeds import torch_stream
from latentdim.training.data import Scaling, Split

NOTHING = {"posterior_mean": torch.zeros(1, 2), "log_var": torch.zeros(1, 2)}


@pytest.mark.parametrize("value", [0.0, 0.3, 0.5, 1.0])
def test_any_example_costs_784_ln_2_against_one_half_under_the_prior_itself(value):
    x = np.full((1, 1, 28, 28), value)
    assert negative_elbo(x, np.full_like(x, 0.5), **NOTHING).item() == pytest.approx(543.427, abs=5e-4)


@pytest.mark.parametrize(
    ("mean", "variance", "prior", "expected"),
    [
        (1.0, 1.0, None, 0.5),
        (0.0, 4.0, None, 0.806853),
        (0.0, 4.0, 4.0, 0.0),
        (1.0, 0.5, 3.0, 0.5 * (1.5 / 3.0 - 1.0 - math.log(0.5) + math.log(3.0))),
    ],
)
def test_the_divergence_is_added_in_nats(mean, variance, prior, expected):
    x = torch.ones(1, 4)
    base = reconstruction_cost(x, 0.5 * x).item()
    found = negative_elbo(
        x, 0.5 * x, posterior_mean=torch.tensor([[mean]]), log_var=torch.tensor([[math.log(variance)]]),
        prior_variance=None if prior is None else torch.tensor([prior]),
    )  # fmt: skip
    assert found.item() - base == pytest.approx(expected, abs=1e-6)


def test_it_agrees_with_torch_s_distributions(normal):
    x, made = normal(7, 3, 4, name="x").sigmoid().double(), normal(7, 3, 4, name="made").sigmoid().double()
    q_mean, log_var, prior = normal(7, 5, name="mean"), normal(7, 5, name="log_var"), torch.rand(5) + 0.5
    posterior = Normal(q_mean.double(), (0.5 * log_var.double()).exp())
    kl = kl_divergence(posterior, Normal(torch.zeros(5).double(), prior.double().sqrt())).sum(dim=1)
    options = {"posterior_mean": q_mean, "log_var": log_var, "prior_variance": prior}
    cross = -Bernoulli(probs=made, validate_args=False).log_prob(x).sum(dim=(1, 2))
    np.testing.assert_allclose(negative_elbo(x, made, **options), cross + kl, rtol=1e-7)
    density = -Normal(made, 1.0).log_prob(x).sum(dim=(1, 2))
    found = negative_elbo(x, made, **options, likelihood="gaussian")
    np.testing.assert_allclose(found, density + kl, rtol=1e-7)
    assert isinstance(found, np.ndarray)
    assert (found.shape, found.dtype) == ((7,), np.float64)


def test_grey_values_keep_the_cross_entropy_at_their_own_entropy():
    x = torch.full((1, 10), 0.3)
    floor = -10 * (0.3 * math.log(0.3) + 0.7 * math.log(0.7))
    assert reconstruction_cost(x, x).item() == pytest.approx(floor, rel=1e-6)
    assert reconstruction_cost(x, x + 0.05).item() > floor


def test_a_mean_of_0_or_1_costs_a_finite_amount():
    x = torch.tensor([[0.0, 1.0]])
    assert reconstruction_cost(x, x).item() == pytest.approx(0.0, abs=1e-6)
    assert reconstruction_cost(x, 1.0 - x).item() == pytest.approx(2 * 24 * math.log(2), rel=1e-6)


def test_what_the_bernoulli_likelihood_is_not_defined_on_is_refused():
    half = torch.full((2, 3), 0.5)
    for x, made, told in ((2 * half + 0.1, half, "an example"), (half, half - 0.6, "decoder's mean")):
        with pytest.raises(ValueError, match=told):
            reconstruction_cost(x, made)
        reconstruction_cost(x, made, likelihood="gaussian")
    with pytest.raises(ValueError, match="decoder's mean"):
        reconstruction_cost(half, torch.full((2, 3), torch.nan))
    with pytest.raises(ValueError, match="decoder's mean is"):
        reconstruction_cost(half, half[:, :1])


class Known(LatentModel):
    """A posterior that copies two pixels, with a spread; the decoder's mean is σ(z₀ + z₁) everywhere."""

    spread = 0.5

    def __init__(self) -> None:
        super().__init__(dim=2, shape=(1, 8, 8))

    def posterior(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean = x.flatten(1)[:, 9:11]
        return mean, torch.full_like(mean, 2 * math.log(self.spread))

    def prior_variances(self) -> torch.Tensor:
        return torch.tensor([1.0, 2.0])

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return z.sum(dim=1).sigmoid()[:, None, None, None].expand(-1, *self.shape)


def context(model: LatentModel, **elbo: object) -> Measuring:
    evaluation = Evaluation.model_validate({"n_reference": 30, "elbo": elbo})
    return Measuring(model.eval(), tiny_pictures(), evaluation, None, lambda name: Draws.named("run", name), {})


def test_the_metric_averages_bounds_of_the_reference_examples():
    found = measure(context(Known(), draws=400))
    x = tiny_pictures().test.values[:30].double() / 255.0
    mean = x.flatten(1)[:, 9:11]
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    at = mean.sum(dim=1)[:, None] + Known.spread * 2**0.5 * torch.from_numpy(nodes)  # z₀ + z₁
    ones, count = x.sum(dim=(1, 2, 3))[:, None], 64
    cost = -(ones * at.sigmoid().log() + (count - ones) * (-at).sigmoid().log())
    expected = (cost * torch.from_numpy(weights)).sum(dim=1) / math.sqrt(2 * math.pi)
    prior = Normal(torch.zeros(2).double(), torch.tensor([1.0, 2.0]).double().sqrt())
    kl = kl_divergence(Normal(mean, Known.spread), prior).sum(dim=1)
    assert found.detail["kl"] == pytest.approx(kl.mean().item(), rel=1e-6)
    # 400 draws of 30 examples: the mean's own error is about spread of the cost over √12,000.
    assert found.detail["reconstruction"] == pytest.approx(expected.mean().item(), rel=0.005)
    assert found.value == pytest.approx(found.detail["kl"] + found.detail["reconstruction"], rel=1e-12)
    assert found.n == 30
    assert found.spread == pytest.approx((expected + kl).std().item() / 30**0.5, rel=0.05)


def test_one_draw_scatters_around_the_same_value():
    single = [measure(replace(context(Known()), draws=lambda name, i=i: Draws.named(i))).value for i in range(40)]
    many = measure(context(Known(), draws=400)).value
    assert np.mean(single) == pytest.approx(many, abs=4 * np.std(single) / 40**0.5)
    assert np.std(single) > 0


class Symmetric(Known):
    """The same model of images in [−1, 1]."""

    def posterior(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return super().posterior((x + 1.0) / 2.0)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return 2.0 * super().decode(z) - 1.0


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_values_are_taken_in_the_data_s_own_units(likelihood):
    plain = measure(context(Known(), likelihood=likelihood)).value
    scaled = replace(context(Symmetric(), likelihood=likelihood), data=replace(tiny_pictures(), scaling=Scaling(2, -1)))
    assert measure(scaled).value == pytest.approx(plain, rel=1e-5)


def sigmoid_vae(bias: float) -> GaussianVAE:
    network = TINY.network.model_copy(update={"output": "sigmoid"})
    protocol = TINY.model_copy(update={"network": network})
    model = GaussianVAE.build(protocol, dim=3, shape=(1, 8, 8), generator=torch_stream("elbo"))
    model.decoder.layers[-1].bias.data.fill_(bias)
    return model


def test_a_decoder_surer_than_float32_can_say_is_charged_in_full():
    found = measure(context(sigmoid_vae(40.0), draws=1))
    dark = 1.0 - tiny_pictures().test.values[:30].double().mean().item() / 255.0
    assert found.detail["reconstruction"] == pytest.approx(64 * dark * 40.0, rel=0.05)


def test_logits_and_means_give_the_same_where_both_are_exact():
    model = sigmoid_vae(0.0)
    exact = measure(context(model)).value
    hidden = replace(context(model), data=replace(tiny_pictures(), scaling=Scaling(1.0, 1e-12)))
    assert measure(hidden).value == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize(
    ("likelihood", "scaling"), [("gaussian", Scaling(1.0, 0.0)), ("bernoulli", Scaling(2.0, -1.0))]
)
def test_logits_stand_for_the_mean_only_where_it_is_their_sigmoid(likelihood, scaling):
    model, data = sigmoid_vae(0.0), replace(tiny_pictures(), scaling=scaling)
    found = measure(replace(context(model, likelihood=likelihood), data=data))
    batch = data.batch(data.test, 0, 30)
    with torch.no_grad():
        z = model.encode(batch, sample=Draws.named("run", "elbo"))
        x, made = scaling.to_data(batch), scaling.to_data(model.decode(z))
    expected = reconstruction_cost(x, made, likelihood=likelihood).mean().item()
    assert found.detail["reconstruction"] == pytest.approx(expected, rel=1e-6)


def test_models_without_a_posterior_and_values_outside_the_range_are_refused(linear, measuring, normal):
    with pytest.raises(MetricRefused, match="no posterior"):
        measure(measuring(linear(), normal(9, 6), normal(9, 6)))
    linear_output = GaussianVAE.build(TINY, dim=3, shape=(1, 8, 8), generator=torch_stream("elbo"))
    with pytest.raises(MetricRefused, match="decoder's mean holds values"):
        measure(context(linear_output))
    assert measure(context(linear_output, likelihood="gaussian")).value > 32 * math.log(2 * math.pi)
    outside = replace(tiny_pictures(), test=Split(torch.full((5, 1, 8, 8), 1.5)))
    with pytest.raises(MetricRefused, match="an example holds values"):
        measure(replace(context(sigmoid_vae(0.0)), data=outside))
