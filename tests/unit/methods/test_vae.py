"""The VAE's objective against numerical integration, and against what can be had on linear Gaussian data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import norm
from torch import Tensor

from latentdim.nets import GaussianPosterior, GaussianVAE
from latentdim.training import Interrupted, Task
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


def mean_elbo(model: GaussianVAE, x: NDArray[np.float64], variance: float) -> float:
    """Mean evidence lower bound of a model with linear networks, in closed form over its posterior, in nats."""
    with torch.no_grad():
        posterior = model.posterior(torch.from_numpy(x).float())
        assert isinstance(posterior, GaussianPosterior)
        mean, spread = posterior.mean.double().numpy(), posterior.log_var.exp().double().numpy()
        layer: Any = model.decoder.layers[0]
        columns, shift = layer.weight.double().numpy(), layer.bias.double().numpy()
    errors = ((x - mean @ columns.T - shift) ** 2).sum(axis=1) + spread @ (columns**2).sum(axis=0)
    fit_nats = -0.5 * (errors / variance + x.shape[1] * np.log(2 * np.pi * variance))
    return float((fit_nats - 0.5 * (mean**2 + spread - 1 - np.log(spread)).sum(axis=1)).mean())


def best_log_likelihood(eigenvalues: NDArray[np.float64], dim: int, variance: float) -> float:
    """Of probabilistic PCA (Tipping & Bishop, 1999, eq. 4), which no bound can pass and a linear VAE reaches."""
    model = np.concatenate([eigenvalues[:dim], np.full(len(eigenvalues) - dim, variance)])
    return float(-0.5 * (np.log(2 * np.pi * model) + eigenvalues / model).sum())


@pytest.mark.parametrize("variance", [0.25, "learned"])
def test_on_linear_gaussian_data_it_reaches_the_analytic_bound_and_the_principal_span(
    variance: float | Literal["learned"], gaussian_toy: Callable[..., Any]
) -> None:
    toy = gaussian_toy(1.6, 1.0, 0.5, 0.5, dim=2, steps=500, decoder_variance=variance)
    model = fit(toy.task, Config())
    named = 0.25
    if variance == "learned":
        assert model.log_deviation is not None
        named = (2 * model.log_deviation).exp().item()
        assert named == pytest.approx(toy.eigenvalues[2:].mean(), rel=0.05)  # Tipping & Bishop, eq. 8
        assert toy.task.history[-1]["decoder_deviation"] == pytest.approx(named**0.5, rel=1e-6)
    best = best_log_likelihood(toy.eigenvalues, 2, toy.eigenvalues[2:].mean() if variance == "learned" else named)
    reached = mean_elbo(model, toy.x, named)
    assert best - 0.1 < reached < best + 1e-6
    columns = model.decoder.layers[0].weight.detach().double().numpy()
    assert toy.span_cosine(columns, 2) > 0.995


def test_a_learned_variance_is_kept_with_the_weights(make_task: Callable[..., Task]) -> None:
    model = fit(make_task(decoder_variance="learned", steps=20), Config())
    assert model.log_deviation is not None
    assert model.log_deviation.item() != 0.0
    assert "log_deviation" in model.state_dict()
    assert model.likelihood is not None
    assert model.likelihood.density_name(6).endswith(", learned")
    other = GaussianVAE.build(
        make_task(decoder_variance="learned").protocol, dim=DIM, shape=(6,), generator=make_task().initialisation
    )
    other.load_state_dict(model.state_dict())
    assert other.likelihood is not None
    assert other.likelihood.density_name(6) == model.likelihood.density_name(6)
    assert "log_deviation" not in fit(make_task(), Config()).state_dict()


def test_a_learned_variance_resumes_bit_for_bit(make_task: Callable[..., Task], tmp_path: Path) -> None:
    whole = fit(make_task(decoder_variance="learned", steps=8), Config())
    stopped = make_task(decoder_variance="learned", steps=8, folder=tmp_path)
    asked = iter([False, False, False, True])
    stopped.stop_requested = lambda: next(asked)
    with pytest.raises(Interrupted):
        fit(stopped, Config())
    resumed = make_task(decoder_variance="learned", steps=8, folder=tmp_path)
    model = fit(resumed, Config())
    assert resumed.resumed_step == 4
    for name, value in whole.state_dict().items():
        assert torch.equal(value, model.state_dict()[name]), name
