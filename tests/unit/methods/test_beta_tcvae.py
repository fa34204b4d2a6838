"""The estimates of the total correlation against loops, a Gaussian's closed form, and the mean over all batches."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from latentdim.nets import GaussianVAE
from latentdim.training import Task
from methods.beta_tcvae import Config
from methods.beta_tcvae.objective import stratified_weights, total_correlation
from methods.beta_tcvae.runner import fit


def by_loops(z: Tensor, mean: Tensor, log_var: Tensor, *, estimator: str, n_train: int) -> float:
    """Mean of log q(z) − Σ_l log q(z_l), density by density, from their formulas."""
    size, dim = z.shape
    others = size - 1

    def weight(j: int, i: int) -> float:
        if estimator == "mws":
            return 1.0
        if i == j:
            return 1.0 / n_train
        return (n_train - others) / (n_train * others) if i == (j + 1) % size else 1.0 / others

    def density(j: int, i: int, axis: int) -> float:
        variance = math.exp(log_var[i, axis].item())
        square = (z[j, axis].item() - mean[i, axis].item()) ** 2
        return math.exp(-0.5 * square / variance) / math.sqrt(2.0 * math.pi * variance)

    total = 0.0
    for j in range(size):
        joint = sum(weight(j, i) * math.prod(density(j, i, axis) for axis in range(dim)) for i in range(size))
        total += math.log(joint)
        for axis in range(dim):
            total -= math.log(sum(weight(j, i) * density(j, i, axis) for i in range(size)))
    return total / size


@pytest.mark.parametrize("estimator", ["mws", "mss"])
def test_it_equals_loops_over_every_density(estimator: Any, normal: Callable[..., Tensor]) -> None:
    z, mean, log_var = (normal(6, 3, name=name) for name in ("z", "mean", "log_var"))
    found = total_correlation(z, mean, log_var, estimator=estimator, n_train=40).item()
    assert found == pytest.approx(by_loops(z, mean, log_var, estimator=estimator, n_train=40), rel=1e-4)


def test_stratified_sampling_is_right_in_the_mean_over_all_batches_with_an_image() -> None:
    densities, own = [0.3, 1.7, 0.2, 5.0, 0.9], 2
    weights = stratified_weights(4, len(densities), device=torch.device("cpu")).double()
    assert weights.sum(dim=1).tolist() == pytest.approx([1.0] * 4)
    rest = [n for n in range(len(densities)) if n != own]
    for place in range(4):  # where the image stands in its batch
        estimates = []
        for others in permutations(rest, 3):
            batch = [*others[:place], own, *others[place:]]
            estimates.append(sum(w * densities[n] for w, n in zip(weights[place].tolist(), batch, strict=True)))
        assert np.mean(estimates) == pytest.approx(np.mean(densities), rel=1e-6)


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.9])
def test_a_correlated_gaussians_total_correlation_is_found(correlation: float, normal: Callable[..., Tensor]) -> None:
    """Means N(0, S − 0.05 I) and posteriors of variance 0.05 make codes N(0, S); the batch is all there is."""
    size, dim, spread = 1500, 2, 0.05
    target = torch.tensor([[1.0, correlation], [correlation, 1.0]])
    root = torch.linalg.cholesky(target - spread * torch.eye(dim))
    mean = normal(size, dim, name="mean") @ root.T
    z = mean + spread**0.5 * normal(size, dim, name="z")
    log_var = torch.full_like(mean, math.log(spread))
    exact = -0.5 * math.log(1.0 - correlation**2)
    stratified = total_correlation(z, mean, log_var, estimator="mss", n_train=size).item()
    weighted = total_correlation(z, mean, log_var, estimator="mws", n_train=size).item()
    assert stratified == pytest.approx(exact, abs=0.08)
    assert weighted + (dim - 1) * math.log(size) == pytest.approx(exact, abs=0.08)


@pytest.mark.parametrize("settings", [{}, {"beta": 5.0, "estimator": "mss"}])
def test_the_first_steps_loss_is_that_of_its_batch(settings: dict[str, Any], make_task: Callable[..., Task]) -> None:
    task, config = make_task(steps=1, n_validation=20), Config(**settings)
    fit(task, config)
    start = GaussianVAE.build(task.protocol, dim=3, shape=task.shape, generator=task.initialisation)
    batch = task.data.train.values[task.order(0).permutation(100)[:10]]
    posterior = start.posterior(batch)
    z = posterior.draw(make_task().draws("noise"))
    expected = by_loops(z, posterior.mean, posterior.log_var, estimator=config.estimator, n_train=100)
    row = task.history[0]
    name = "tc_mss" if settings else "tc_mws"
    assert row[name] == pytest.approx((4.0 if settings else 1.0) * expected, rel=1e-4)
    variance, mean = posterior.log_var.double().exp(), posterior.mean.double()
    kl = 0.5 * (mean * mean + variance - 1.0 - variance.log()).sum().item() / 10
    assert row["kl"] == pytest.approx(kl, rel=1e-4)
    error = (start.decode(z) - batch).double().square().sum().item() / 10
    assert row["reconstruction"] == pytest.approx(error, rel=1e-4)
    assert row["loss"] == pytest.approx(error + kl + row[name], rel=1e-4)


def test_a_batch_of_one_counts_as_zero(normal: Callable[..., Tensor]) -> None:
    one = normal(1, 3, name="one")
    for estimator in ("mws", "mss"):
        assert total_correlation(one, one, one, estimator=estimator, n_train=10).item() == 0.0  # type: ignore[arg-type]


def test_the_weight_of_one_is_a_vae(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=1)
    fit(task, Config(beta=1.0))
    assert task.history[0]["tc_mws"] == 0.0
