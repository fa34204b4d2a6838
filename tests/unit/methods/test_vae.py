"""The VAE's objective against numerical integration."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scipy.integrate import quad
from scipy.stats import norm
from torch import Tensor

from latentdim.nets import GaussianPosterior, GaussianVAE
from latentdim.training import Task
from methods.vae import Config
from methods.vae.runner import fit

DIM, BATCH = 3, 10


def divergence(mean: float, deviation: float) -> float:
    """KL(N(mean, deviation²) ‖ N(0, 1)) in nats."""
    own, prior = norm(mean, deviation), norm(0.0, 1.0)
    ends = mean - 12 * deviation, mean + 12 * deviation
    return float(quad(lambda z: own.pdf(z) * (own.logpdf(z) - prior.logpdf(z)), *ends)[0])


@pytest.fixture
def first(make_task: Callable[..., Task]) -> tuple[GaussianPosterior, GaussianVAE, Tensor]:
    """What the first step sees: the posterior of its batch, the untrained model, the batch."""
    task = make_task(steps=1)
    model = GaussianVAE.build(task.protocol, dim=DIM, shape=task.shape, generator=task.initialisation)
    batch = task.data.train.values[task.order(0).permutation(task.n_train)[:BATCH]]
    posterior = model.posterior(batch)
    assert isinstance(posterior, GaussianPosterior)
    return posterior, model, batch


@pytest.mark.parametrize("beta", [1.0, 0.25, 6.0])
def test_the_kl_term_is_beta_times_the_batchs_mean_divergence(
    beta: float, make_task: Callable[..., Task], first: tuple[GaussianPosterior, GaussianVAE, Tensor]
) -> None:
    task, (posterior, _, _) = make_task(steps=1), first
    fit(task, Config(beta=beta))
    axes = zip(posterior.mean.flatten().tolist(), (posterior.log_var / 2).exp().flatten().tolist(), strict=True)
    expected = beta * sum(divergence(mean, deviation) for mean, deviation in axes) / BATCH
    assert task.history[0]["kl"] == pytest.approx(expected, rel=1e-4)
    assert task.history[0]["loss"] == pytest.approx(task.history[0]["reconstruction"] + expected, rel=1e-5)


def test_the_reconstruction_is_of_one_posterior_draw_each(
    make_task: Callable[..., Task], first: tuple[GaussianPosterior, GaussianVAE, Tensor]
) -> None:
    task, (posterior, model, batch) = make_task(steps=1), first
    fit(task, Config())
    noise = make_task().draws("noise").normal((BATCH, DIM))
    decoded = model.decode(posterior.mean + noise * (posterior.log_var / 2).exp())
    errors = [(a - b) ** 2 for a, b in zip(decoded.flatten().tolist(), batch.flatten().tolist(), strict=True)]
    assert task.history[0]["reconstruction"] == pytest.approx(sum(errors) / BATCH, rel=1e-5)


def test_the_density_that_training_stood_for_knows_beta(make_task: Callable[..., Task]) -> None:
    """SSE + β · KL is the bound of a Gaussian with σ² = β / 2."""
    likelihood = fit(make_task(steps=1), Config(beta=6.0)).likelihood
    assert likelihood is not None
    assert likelihood.density_name(6) == "gaussian with variance 3"
