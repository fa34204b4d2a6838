"""Nested dropout's truncations against their law, its optimum against principal components, and the knee."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from latentdim.nets import Autoencoder
from latentdim.nets.draws import Draws
from latentdim.study.protocol import Optimizer, Schedule
from latentdim.training import Task
from methods.nested_dropout import Config
from methods.nested_dropout.knee import knee
from methods.nested_dropout.runner import fit, truncations


@pytest.mark.parametrize("rate", [0.9, 0.3])
def test_truncations_follow_the_geometric_law_with_its_tail_on_the_last(rate: float) -> None:
    n, dim = 100_000, 5
    drawn = truncations(Draws.named("b"), n, dim=dim, rate=rate).flatten()
    shares = torch.bincount(drawn, minlength=dim + 1).double() / n
    exact = [0.0, *(rate ** (k - 1) * (1.0 - rate) for k in range(1, dim)), rate ** (dim - 1)]
    for share, probability in zip(shares.tolist(), exact, strict=True):
        assert share == pytest.approx(probability, abs=4 * (probability / n) ** 0.5 + 1e-12)


def test_the_first_steps_loss_decodes_what_each_example_keeps(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=1, dim=4)
    fit(task, Config(rate=0.6))
    start = Autoencoder.build(task.protocol, dim=4, shape=task.shape, generator=task.initialisation)
    x = task.data.train.values[task.order(0).permutation(120)[:10]]
    uniform = make_task(dim=4).draws("truncation").uniform((10, 1)).flatten().tolist()
    z, total = start.encode(x).detach(), 0.0
    for row, (code, u) in enumerate(zip(z, uniform, strict=True)):
        kept = min(next(k for k in range(1, 99) if 1.0 - 0.6**k > u), 4)  # the law's distribution function, inverted
        cut = torch.tensor([value if axis < kept else 0.0 for axis, value in enumerate(code.tolist())])
        total += (start.decode(cut[None]) - x[row]).square().sum().item()
    assert task.history[0]["loss"] == pytest.approx(total / 10, rel=1e-5)


def test_on_linear_data_each_number_of_axes_leaves_the_error_of_as_many_principal_components(linear_toy: Any) -> None:
    options = {"batch_size": 100, "optimizer": Optimizer(learning_rate=0.03), "schedule": Schedule(name="cosine")}
    model = fit(linear_toy.build(steps=800, **options), Config())
    values = np.linalg.eigvalsh(np.cov(linear_toy.train.double().numpy().T, bias=True))[::-1]
    tails = np.array([values[kept:].sum() for kept in range(7)])
    errors = model.errors.numpy() * 10
    np.testing.assert_allclose(errors[:3], tails[:3], rtol=0.02)
    assert (errors[3:] > tails[3:] * (1 - 1e-5)).all()
    assert errors[3] < 0.01 * tails[2]
    assert model.active().tolist() == [True] * 3 + [False] * 3
    assert model.active_scores().tolist() == model.errors[:-1].tolist()
    columns = model.decoder.layers[0].weight.detach()
    assert linear_toy.alignment(columns[:, :3]) > 0.999


def test_the_errors_are_of_held_out_examples_where_there_are_any(make_task: Callable[..., Task]) -> None:
    task = make_task(n_validation=30)
    model = fit(task, Config(n_knee=20))
    x = task.data.validation.values[:20]
    with torch.no_grad():
        z = model.encode(x)
        for kept in range(4):
            cut = torch.cat([z[:, :kept], torch.zeros(20, 3 - kept)], dim=1)
            expected = (model.decode(cut) - x).double().square().mean().item()
            assert model.errors[kept].item() == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(model.prior.mean, z.mean(dim=0))
    torch.testing.assert_close(model.prior.variance, z.var(dim=0, correction=0))


def falling(n: int, dim: int, floor: float = 1e-3) -> list[float]:
    """Errors of data with n equal factors, of which each axis takes one."""
    return [max(1.0 - kept / n, floor) for kept in range(dim + 1)]


CURVES = [
    (falling(8, 16), 8),
    (falling(8, 32), 8),
    (falling(8, 8), 8),
    (falling(3, 6, 0.05), 3),
    (falling(16, 8), 8),  # fewer axes than factors
    ([1.0, 0.5, 0.25, 0.125], 3),  # straight: no axis stands out
    ([1.0, 0.1, 0.5, 0.1, 0.1], 1),  # it rises again
    ([1.0, 0.0, 0.0], 1),
    ([1.0, 1.0, 1.0], 0),
    ([0.5, 0.7, 0.6], 0),
    ([0.0, 0.0], 0),
]


@pytest.mark.parametrize(("errors", "count"), CURVES)
@pytest.mark.parametrize("scale", [1.0, 1e-3, 500.0])
def test_the_knee_is_where_the_logarithm_bends_most(errors: list[float], count: int, scale: float) -> None:
    assert knee(scale * torch.tensor(errors), margin=0.1) == count


def test_a_bend_within_the_margin_is_none() -> None:
    errors: Tensor = torch.tensor([1.0, 0.2, 0.09, 0.04])  # the first axis reaches 50 % of the fall, at a third
    assert knee(errors, margin=0.1) == 1
    assert knee(errors, margin=0.2) == 3
