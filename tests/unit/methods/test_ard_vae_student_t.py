"""ARD-VAE's Student-t prior (eq. 11) against scipy's density and numerical integration, and both priors on a toy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import kstest, norm, t
from torch import Tensor

from latentdim.nets import GaussianPosterior
from latentdim.nets.draws import Draws
from latentdim.training import Task
from methods.ard_vae import Config, compatibility
from methods.ard_vae.model import ArdVAE
from methods.ard_vae.prior import EstimatedStudentT
from methods.ard_vae.runner import draw_with_kl, fit, split_indices

CONFIG = Config(prior="student_t")
SCALES = (0.2, 1.0, 3.0)  # b/a


def prior_of(degrees: int) -> EstimatedStudentT:
    prior = EstimatedStudentT(3, CONFIG, degrees=degrees)
    prior.scales.copy_(torch.tensor(SCALES))
    return prior


@pytest.mark.parametrize("degrees", [1, 4, 10_000])
def test_the_density_is_eq_11(degrees: int, normal: Callable[..., Tensor]) -> None:
    z = 3.0 * normal(7, 3, name="z")
    expected = [
        sum(t.logpdf(c, degrees, scale=math.sqrt(v)) for c, v in zip(row, SCALES, strict=True)) for row in z.tolist()
    ]
    assert prior_of(degrees).log_density(z).tolist() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("degrees", [1, 3, 40])
def test_its_draws_follow_the_density(degrees: int) -> None:
    drawn = prior_of(degrees).sample(20_000, Draws.named("prior"))
    for axis, v in enumerate(SCALES):
        assert kstest(drawn[:, axis].numpy(), t(degrees, scale=math.sqrt(v)).cdf).pvalue > 0.001
    assert abs(torch.corrcoef(drawn.T.clamp(-3, 3))[0, 1]) < 0.03


def test_its_variance_exceeds_the_squared_scale_and_is_infinite_for_few_degrees() -> None:
    expected = [t(5, scale=math.sqrt(v)).var() for v in SCALES]
    assert prior_of(5).variance.tolist() == pytest.approx(expected, rel=1e-5)
    assert prior_of(2).variance.isinf().all()


def integrated(mean: float, deviation: float, degrees: int, v: float) -> float:
    """KL(N(mean, deviation²) ‖ t) of one axis, in nats."""
    z = np.linspace(mean - 12 * deviation, mean + 12 * deviation, 20_001)
    density = norm.pdf(z, mean, deviation)
    return float(
        np.trapezoid(density * (norm.logpdf(z, mean, deviation) - t.logpdf(z, degrees, scale=math.sqrt(v))), z)
    )


@pytest.fixture
def posterior(normal: Callable[..., Tensor]) -> GaussianPosterior:
    return GaussianPosterior(normal(4, 3, name="mean"), normal(4, 3, name="log_var"))


def divergences(posterior: GaussianPosterior, degrees: int) -> list[float]:
    axes = zip(posterior.mean.tolist(), (posterior.log_var / 2).exp().tolist(), strict=True)
    return [
        sum(integrated(m, s, degrees, v) for m, s, v in zip(*row, SCALES, strict=True)) for row in axes
    ]  # one sum an example


@pytest.mark.parametrize("degrees", [3, 30])
def test_the_draws_divergence_is_that_of_numerical_integration_on_average(
    degrees: int, posterior: GaussianPosterior
) -> None:
    many = GaussianPosterior(posterior.mean.repeat(20_000, 1), posterior.log_var.repeat(20_000, 1))
    values = draw_with_kl(many, Draws.named("noise"), prior_of(degrees), CONFIG)[1].unflatten(0, (20_000, 4))
    expected = torch.tensor(divergences(posterior, degrees))
    error = values.std(dim=0) / len(values) ** 0.5
    assert ((values.mean(dim=0) - expected).abs() < 4.0 * error).all()
    assert (error < 0.02 * expected).all()


def test_with_many_degrees_it_is_the_normal_prior(normal: Callable[..., Tensor]) -> None:
    z = normal(5, 3, name="z")
    expected = norm.logpdf(z.numpy(), 0.0, np.sqrt(SCALES)).sum(axis=1)
    assert prior_of(10**7).log_density(z).tolist() == pytest.approx(expected.tolist(), abs=1e-4)


def test_the_training_holds_its_draws_against_eq_11(make_task: Callable[..., Task]) -> None:
    """ν is the number of codes, b/a their mean square, and the draw is the one that is decoded."""
    task = make_task(steps=1)
    fit(task, Config(prior="student_t", beta=3.0, n_alpha=24))
    start = ArdVAE.build(
        task.protocol, dim=3, shape=task.shape, generator=task.initialisation, config=CONFIG, n_alpha=24
    )
    alpha, rest = split_indices(task, 0, n_alpha=24, refresh_every=1)
    x = task.data.train.values
    codes = start.encode(x[alpha], sample=make_task().draws("prior_variance")).double()
    scales = codes.square().mean(dim=0).sqrt().tolist()
    q = start.posterior(x[rest[task.order(0).permutation(96)[:10]]])
    deviation = (q.log_var / 2).exp()
    z = q.mean + make_task().draws("noise").normal((10, 3)) * deviation
    total = 0.0
    for row in zip(z.tolist(), q.mean.tolist(), deviation.tolist(), strict=True):
        for c, m, s, scale in zip(*row, scales, strict=True):
            total += norm.logpdf(c, m, s) - t.logpdf(c, 24, scale=scale)
    assert task.history[0]["kl"] == pytest.approx(3.0 * total / 10, rel=1e-4)


def test_the_finished_model_generates_from_the_student_t(make_task: Callable[..., Task]) -> None:
    model = fit(make_task(), Config(prior="student_t", n_alpha=12))
    assert isinstance(model.prior, EstimatedStudentT)
    assert model.prior.degrees == 12
    assert not torch.equal(model.prior.scales, torch.ones(3))
    drawn = model.prior.sample(20_000, Draws.named("prior"))[:, 0] / model.prior.scales[0].sqrt()
    assert kstest(drawn.numpy(), t(12).cdf).pvalue > 0.001


def test_the_released_kl_belongs_to_the_normal_prior(make_task: Callable[..., Task]) -> None:
    config = Config(prior="student_t", kl_variance_term="raw")
    (sentence,) = compatibility(config, make_task().protocol, 120)
    assert sentence == ".kl_variance_term = 'raw': belongs to prior 'normal'; the released code has no Student-t prior"


@pytest.mark.parametrize(
    "settings", [{"prior": "normal"}, {"prior": "student_t"}, {"prior": "student_t", "n_alpha": 6}]
)
def test_on_linear_data_it_counts_the_factors_and_finds_their_span(settings: dict[str, Any], linear_toy: Any) -> None:
    model = fit(linear_toy.build(steps=250), Config(beta=1.0, **settings))
    assert model.active().sum() == 3
    assert linear_toy.alignment(model.decoder.layers[0].weight.detach()[:, model.active()]) > 0.999
