"""Flows against their Jacobians by automatic differentiation, and the objective against its densities."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import Normal
from torch.func import jacrev, vmap

from latentdim.nets import StandardNormal
from latentdim.nets.draws import Draws
from latentdim.training import Task
from methods.vae_flow import Config
from methods.vae_flow.flows import Flow, InverseAutoregressiveFlow, PlanarFlow
from methods.vae_flow.model import FlowVAE
from methods.vae_flow.runner import fit


def some_flow(kind: str, dim: int) -> Flow:
    """One with weights far from those it starts with."""
    if kind == "planar":
        return PlanarFlow(dim, steps=3)
    flow = InverseAutoregressiveFlow(dim, steps=3, hidden=(7, 5), context=2)
    draws = Draws.named("flow", dim)
    for weight in flow.parameters():
        weight.data = draws.normal(weight.shape)
    return flow


def jacobians(flow: Flow, z: Tensor, parameters: Tensor) -> Tensor:
    """∂z'/∂z of each code, ``(B, L, L)``."""
    return vmap(jacrev(lambda one, own: flow(one[None], own[None])[0][0]))(z, parameters)


@pytest.mark.parametrize("dim", [1, 2, 5])
@pytest.mark.parametrize("kind", ["iaf", "planar"])
def test_the_log_determinant_is_that_of_the_jacobian(kind: str, dim: int, normal: Callable[..., Tensor]) -> None:
    flow = some_flow(kind, dim)
    z, parameters = normal(20, dim, name="z"), 2.0 * normal(20, flow.n_parameters, name="parameters")
    _, found = flow(z, parameters)
    sign, expected = torch.linalg.slogdet(jacobians(flow, z, parameters).double())
    torch.testing.assert_close(found.double(), expected, rtol=1e-3, atol=1e-3)
    if kind == "planar":
        assert (sign > 0).all()  # each step keeps the orientation, or it had no inverse


@pytest.mark.parametrize("hidden", [(7, 5), (2,), (64, 64)])
def test_an_autoregressive_step_looks_at_earlier_axes_alone_and_at_the_context(
    hidden: tuple[int, ...], normal: Callable[..., Tensor]
) -> None:
    flow = InverseAutoregressiveFlow(4, steps=1, hidden=hidden, context=3)
    draws = Draws.named("triangular")
    for weight in flow.parameters():
        weight.data = 0.3 * draws.normal(weight.shape)
    z, context = normal(30, 4, name="z"), normal(30, 3, name="context")
    matrices = jacobians(flow, z, context)
    assert (matrices.triu(diagonal=1) == 0).all()
    assert (matrices.diagonal(dim1=1, dim2=2) > 0).all()
    if (
        min(hidden) == 64
    ):  # enough units that none is off for all: every earlier axis and the context reach each later one
        assert (matrices.abs().sum(dim=0).tril(diagonal=-1) > 0).sum() == 6
    moved = vmap(jacrev(lambda own, one: flow(one[None], own[None])[0][0]))(context, z)
    assert (moved.abs().sum(dim=(0, 2)) > 0).all()


def test_a_gate_lies_between_an_axis_and_its_shift(normal: Callable[..., Tensor]) -> None:
    """Kingma et al. (2016), eq. 14, for a network that always gives the shift 3 and the logit 1 before the constant."""
    flow = InverseAutoregressiveFlow(2, steps=1, hidden=(4,), context=0)
    for weight in flow.parameters():
        weight.data = torch.zeros_like(weight)
    flow.networks[0].last.bias.data = torch.tensor([3.0, 3.0, 1.0, 1.0])
    z = normal(5, 2, name="z")
    found, log_det = flow(z, torch.zeros(5, 0))
    gate = 1.0 / (1.0 + math.exp(-3.0))
    torch.testing.assert_close(found, gate * z + (1.0 - gate) * 3.0)
    torch.testing.assert_close(log_det, torch.full((5,), 2.0 * math.log(gate)))


def test_an_autoregressive_flow_starts_near_the_identity(make_task: Callable[..., Task]) -> None:
    task = make_task()
    model = FlowVAE.initial(task.protocol, Config(), dim=3, shape=task.shape, generator=task.initialisation)
    posterior = model.posterior(task.data.train.values)
    z, log_det = posterior.through(posterior.base.mean)
    assert (z.flip(1) - posterior.base.mean).abs().max() < 0.5  # axes are reversed once
    assert (log_det.abs() < 3 * 2 * 0.3).all()


@pytest.mark.parametrize("settings", [{}, {"flow": "planar", "steps": 4, "beta": 3.0}, {"context": 0, "hidden": (4,)}])
def test_the_first_steps_loss_is_that_of_its_densities(
    settings: dict[str, Any], make_task: Callable[..., Task]
) -> None:
    task, config = make_task(steps=1), Config(**settings)
    fit(task, config)
    model = FlowVAE.initial(task.protocol, config, dim=3, shape=task.shape, generator=task.initialisation)
    x = task.data.train.values[task.order(0).permutation(task.n_train)[:10]]
    posterior = model.posterior(x)
    deviation = (0.5 * posterior.base.log_var).exp()
    start = posterior.base.mean + deviation * make_task().draws("noise").normal((10, 3))
    z, _ = model.flow(start, posterior.parameters)
    volume = torch.linalg.slogdet(jacobians(model.flow, start, posterior.parameters))[1]
    own = Normal(posterior.base.mean, deviation).log_prob(start).sum(dim=1) - volume
    expected = config.beta * (own - Normal(0.0, 1.0).log_prob(z).sum(dim=1)).mean().item()
    assert task.history[0]["kl"] == pytest.approx(expected, rel=1e-3)
    error = (model.decode(z) - x).square().sum().item() / 10
    assert task.history[0]["reconstruction"] == pytest.approx(error, rel=1e-4)
    assert task.history[0]["loss"] == pytest.approx(error + expected, rel=1e-3)


@pytest.mark.parametrize("settings", [{"hidden": (8,), "context": 4}, {"flow": "planar"}])
def test_on_linear_gaussian_data_the_bound_comes_near_the_likelihood_and_never_passes_it(
    settings: dict[str, Any], gaussian_toy: Callable[..., Any]
) -> None:
    toy = gaussian_toy(1.6, 1.0, 0.5, 0.5, dim=2, steps=400, decoder_variance=0.25)
    model = fit(toy.task, Config(**settings))
    x = torch.from_numpy(toy.x).float()
    posterior = model.posterior(x)
    bounds = []
    with torch.no_grad():
        for draw in range(5):
            noise = Draws.named("bound", draw).normal((len(x), 2))
            deviation = (0.5 * posterior.base.log_var).exp()
            start = posterior.base.mean + noise * deviation
            z, _ = model.flow(start, posterior.parameters)
            volume = torch.linalg.slogdet(jacobians(model.flow, start, posterior.parameters))[1]
            own = Normal(posterior.base.mean, deviation).log_prob(start).sum(dim=1) - volume
            fit_nats = Normal(model.decode(z), 0.5).log_prob(x).sum(dim=1)
            bounds.append(fit_nats + Normal(0.0, 1.0).log_prob(z).sum(dim=1) - own)
    reached = torch.stack(bounds).mean(dim=0)
    own_noise = torch.stack(bounds).std(dim=0).mean().item() / math.sqrt(5 * len(x))
    variances = np.concatenate([toy.eigenvalues[:2], [0.25, 0.25]])
    best = -0.5 * (np.log(2 * np.pi * variances) + toy.eigenvalues / variances).sum()
    assert best - 0.15 < reached.mean().item() < best + 4 * own_noise


def test_a_code_is_where_the_flow_takes_the_bases_mean(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=5)
    model = fit(task, Config())
    x = task.data.test.values
    posterior = model.posterior(x)
    torch.testing.assert_close(model.encode(x), model.flow(posterior.base.mean, posterior.parameters)[0])
    drawn = model.encode(x, sample=Draws.named("a"))
    again, _ = posterior.draw_with_kl(Draws.named("a"), StandardNormal(3))
    torch.testing.assert_close(drawn, again, rtol=0, atol=0)
    with pytest.raises(NotImplementedError, match="use draw_with_kl"):
        posterior.kl(StandardNormal(3))
