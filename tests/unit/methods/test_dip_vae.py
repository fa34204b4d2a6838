"""Both DIP-VAEs' penalties against covariances built by hand, and what they do to the codes."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from latentdim.nets import GaussianPosterior, GaussianVAE
from latentdim.nets.draws import Draws
from latentdim.training import Task
from methods import dip_vae_i, dip_vae_ii
from methods.dip_vae_i import runner as first
from methods.dip_vae_i.objective import covariance, distance_from_identity
from methods.dip_vae_ii import runner as second
from methods.dip_vae_ii.runner import code_covariance

KINDS = [(dip_vae_i, first), (dip_vae_ii, second)]


def by_loops(mean: list[list[float]], variance: list[list[float]] | None, *, od: float, d: float) -> float:
    """The penalty of eq. 6, or with posterior variances of eq. 7, entry by entry."""
    size, dim, total = len(mean), len(mean[0]), 0.0
    for i in range(dim):
        for j in range(dim):
            both = sum(row[i] * row[j] for row in mean) / size
            entry = both - sum(row[i] for row in mean) * sum(row[j] for row in mean) / size**2
            if i == j:
                entry += sum(row[i] for row in variance) / size if variance else 0.0
                total += d * (entry - 1.0) ** 2
            else:
                total += od * entry**2
    return total


def test_the_penalty_of_a_matrix_worked_out_by_hand() -> None:
    matrix = torch.tensor([[2.0, 0.5, 0.0], [0.5, 1.0, -0.2], [0.0, -0.2, 0.25]])
    off, on = 2 * 0.5**2 + 2 * 0.2**2, 1.0 + 0.75**2
    for od, d in ((1.0, 0.0), (0.0, 1.0), (10.0, 100.0)):
        found = distance_from_identity(matrix, lambda_od=od, lambda_d=d).item()
        assert found == pytest.approx(od * off + d * on, rel=1e-6)
    assert distance_from_identity(torch.eye(4), lambda_od=3.0, lambda_d=5.0).item() == 0.0


def test_the_covariance_is_divided_by_the_batch(normal: Callable[..., Tensor]) -> None:
    codes = normal(7, 3, name="codes") + 50.0
    np.testing.assert_allclose(covariance(codes), np.cov(codes.double().numpy().T, bias=True), rtol=1e-4, atol=1e-6)


def test_the_covariance_of_codes_is_that_of_draws_from_the_posteriors(normal: Callable[..., Tensor]) -> None:
    posterior = GaussianPosterior(normal(6, 2, name="mean"), normal(6, 2, name="log_var"))
    draws = Draws.named("dip")
    drawn = torch.cat([posterior.draw(draws) for _ in range(20_000)]).double().numpy()
    np.testing.assert_allclose(code_covariance(posterior), np.cov(drawn.T, bias=True), atol=0.05)


@pytest.mark.parametrize(("declared", "runner"), KINDS)
@pytest.mark.parametrize("weights", [{}, {"lambda_od": 3.0, "lambda_d": 0.5}])
def test_the_first_steps_penalty_is_that_of_its_batch(
    declared: ModuleType, runner: ModuleType, weights: dict[str, float], make_task: Callable[..., Task]
) -> None:
    task = make_task(steps=1)
    runner.fit(task, declared.Config(**weights))
    start = GaussianVAE.build(task.protocol, dim=3, shape=task.shape, generator=task.initialisation)
    batch = task.data.train.values[task.order(0).permutation(task.n_train)[:10]]
    posterior = start.posterior(batch)
    variance = posterior.log_var.double().exp().tolist() if declared is dip_vae_ii else None
    defaults = (10.0, 10.0 if declared is dip_vae_ii else 100.0)
    od, d = (weights["lambda_od"], weights["lambda_d"]) if weights else defaults
    row = task.history[0]
    assert row["covariance"] == pytest.approx(
        by_loops(posterior.mean.double().tolist(), variance, od=od, d=d), rel=1e-4
    )
    own = Normal(posterior.mean, (0.5 * posterior.log_var).exp())
    assert row["kl"] == pytest.approx(kl_divergence(own, Normal(0.0, 1.0)).sum().item() / 10, rel=1e-4)
    assert row["loss"] == pytest.approx(row["reconstruction"] + row["kl"] + row["covariance"], rel=1e-5)


def test_the_first_holds_every_axis_open_and_the_second_closes_what_the_data_lack(
    gaussian_toy: Callable[..., Any],
) -> None:
    """One direction varies; three axes are asked for."""
    variances = {}
    for declared, runner in KINDS:
        toy = gaussian_toy(1.6, 0.05, 0.05, dim=3, steps=300, decoder_variance=0.1)
        model = runner.fit(toy.task, declared.Config())
        codes = model.encode(torch.from_numpy(toy.x).float()).detach()
        variances[runner] = codes.var(dim=0, correction=0).sort().values
    assert (variances[first] > 0.5).all()
    assert variances[second][:2].max() < 0.2 < variances[second][2]
