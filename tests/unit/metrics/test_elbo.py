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
from latentdim.metrics import MetricContext, MetricRefused, negative_elbo
from latentdim.metrics.elbo.measure import measure, measure_reconstruction
from latentdim.nets import DiagonalNormal, GaussianPosterior, GaussianVAE
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
    base = 4 * math.log(2)
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


class Known(LatentModel):
    """A posterior that copies two pixels, with a spread; the decoder's mean is σ(z₀ + z₁) everywhere."""

    spread = 0.5

    def __init__(self) -> None:
        super().__init__(dim=2, shape=(1, 8, 8), prior=DiagonalNormal(torch.zeros(2), torch.tensor([1.0, 2.0])))

    def posterior(self, x: torch.Tensor) -> GaussianPosterior:
        mean = x.flatten(1)[:, 9:11]
        return GaussianPosterior(mean, torch.full_like(mean, 2 * math.log(self.spread)))

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return z.sum(dim=1).sigmoid()[:, None, None, None].expand(-1, *self.shape)


def context(model: LatentModel, **elbo: object) -> MetricContext:
    evaluation = Evaluation.model_validate({"n_reference": 30, "elbo": {"likelihood": "bernoulli"} | elbo})
    return MetricContext(model.eval(), tiny_pictures(), evaluation, None, lambda name: Draws.named("run", name), {})


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
    assert found.detail["kl"] == pytest.approx(kl.mean().item(), rel=1e-5)
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

    def posterior(self, x: torch.Tensor) -> GaussianPosterior:
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
    model.decoder.layers[-2].bias.data.fill_(bias)
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
    density = {"gaussian": Normal(made, 1.0), "bernoulli": Bernoulli(probs=made, validate_args=False)}[likelihood]
    expected = -density.log_prob(x).sum(dim=(1, 2, 3)).mean().item()
    assert found.detail["reconstruction"] == pytest.approx(expected, rel=1e-5)


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


TRAINED = [  # likelihood, reduction, β, the Gaussian's variance (D = 64)
    ("gaussian", "sum", 1.0, 0.5),
    ("gaussian", "sum", 5.0, 2.5),
    ("gaussian", "mean", 0.05, 1.6),
]


def trained_vae(likelihood: str, reduction: str, kl_weight: float) -> GaussianVAE:
    network = TINY.network.model_copy(update={"output": "sigmoid"})
    protocol = TINY.model_copy(update={"network": network, "likelihood": likelihood, "reduction": reduction})
    return GaussianVAE.build(
        protocol, dim=3, shape=(1, 8, 8), generator=torch_stream("elbo"), kl_weight=kl_weight
    ).eval()  # fmt: skip


@pytest.mark.parametrize(("likelihood", "reduction", "kl_weight", "variance"), TRAINED)
def test_by_default_it_is_the_bound_that_training_maximised(likelihood, reduction, kl_weight, variance):
    """2σ² times the bound, without the constant, is the training's objective: reconstruction + β · KL."""
    model = trained_vae(likelihood, reduction, kl_weight)
    found = measure(context(model, likelihood="training"))
    assert found.detail["likelihood"].startswith(f"gaussian with variance {variance:g},")
    assert "warning" not in found.detail
    data = tiny_pictures()
    batch = data.batch(data.test, 0, 30)
    with torch.no_grad():
        posterior = model.posterior(batch)
        z = posterior.draw(Draws.named("run", "elbo"))
        assert model.likelihood is not None
        objective = model.likelihood.loss(model, z, batch) + kl_weight * posterior.kl(model.prior).mean()
    scale = 2.0 * variance / (64 if reduction == "mean" else 1)
    constant = 32 * math.log(2 * math.pi * variance)
    assert scale * (found.value - constant) == pytest.approx(objective.item(), rel=1e-5)


def test_a_bernoulli_weighed_otherwise_than_by_one_is_told_to_be_no_bound_of_the_training():
    plain, weighed = (measure(context(trained_vae("bernoulli", "sum", b), likelihood="training")) for b in (1.0, 0.5))
    assert plain.value == weighed.value == measure(context(trained_vae("bernoulli", "sum", 1.0))).value
    assert "warning" not in plain.detail
    assert "weighed the divergence by 0.5" in weighed.detail["warning"]
    averaged = measure(context(trained_vae("bernoulli", "mean", 1 / 64), likelihood="training"))
    assert "warning" not in averaged.detail


@pytest.mark.parametrize("scaling", [Scaling(1.0, 0.0), Scaling(2.0, -1.0), Scaling(0.25, 3.0)])
def test_the_trainings_density_is_one_of_values_in_the_datas_units(scaling):
    model, data = trained_vae("gaussian", "sum", 3.0), replace(tiny_pictures(), scaling=scaling)
    found = measure(replace(context(model, likelihood="training"), data=data))
    batch = data.batch(data.test, 0, 30)
    with torch.no_grad():
        z = model.encode(batch, sample=Draws.named("run", "elbo"))
        x, made = scaling.to_data(batch).double(), scaling.to_data(model.decode(z)).double()
    deviation = 1.5**0.5 / scaling.factor
    expected = -Normal(made, deviation).log_prob(x).sum(dim=(1, 2, 3)).mean().item()
    assert found.detail["reconstruction"] == pytest.approx(expected, rel=1e-6)
    told = measure(replace(context(model, likelihood="gaussian", variance=deviation**2), data=data))
    assert told.value == pytest.approx(found.value, rel=1e-6)
    assert told.detail["likelihood"] == f"gaussian with variance {deviation**2:g}"


def test_a_model_that_does_not_say_how_it_was_trained_is_refused_unless_a_likelihood_is_named():
    with pytest.raises(MetricRefused, match="under which likelihood it was trained"):
        measure(context(Known(), likelihood="training"))
    assert measure(context(Known(), likelihood="bernoulli")).detail["likelihood"] == "bernoulli"


def test_a_variance_belongs_to_a_gaussian():
    with pytest.raises(ValueError, match=r"variance = 2.0 belongs to likelihood 'gaussian'"):
        Evaluation.model_validate({"elbo": {"variance": 2.0}})


def test_the_reconstruction_loss_is_the_bound_s_first_term_at_the_same_draws():
    for model in (sigmoid_vae(0.0), Known()):
        assert measure_reconstruction(context(model)).value == measure(context(model)).detail["reconstruction"]


def test_without_a_posterior_the_reconstruction_loss_is_of_the_code_itself(linear, measuring):
    model = linear()
    x = torch.linspace(-1.0, 1.0, 54).reshape(9, 6)
    found = measure_reconstruction(measuring(model, x, x, elbo={"likelihood": "gaussian", "variance": 2.0}))
    made = model.decode(model.encode(x)).detach()
    expected = -Normal(made, 2.0**0.5).log_prob(x).sum(dim=1)
    assert found.value == pytest.approx(expected.mean().item(), rel=1e-6)
    assert found.spread == pytest.approx(expected.std().item() / 3.0, rel=1e-5)


def test_reconstructions_that_are_not_finite_have_no_loss():
    with pytest.raises(MetricRefused, match="not finite"):
        measure_reconstruction(context(sigmoid_vae(math.nan)))
