"""IRMAE's matrices against their product, its singular values against numpy's, and what it finds in linear data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from latentdim.nets import Autoencoder
from latentdim.nets.architectures.mlp import Mlp
from latentdim.training import Task
from methods.irmae import Config
from methods.irmae.model import ImplicitRank
from methods.irmae.runner import fit


def initial(task: Task, config: Config, dim: int) -> ImplicitRank:
    return ImplicitRank.initial(task.protocol, config, dim=dim, shape=task.shape, generator=task.initialisation)


def product(model: ImplicitRank) -> Tensor:
    """The matrices' product in float64, the last one leftmost."""
    whole = torch.eye(model.dim).double()
    for matrix in model.plain.encoder[1]:
        whole = matrix.weight.detach().double() @ whole
    return whole


@pytest.mark.parametrize("layers", [0, 1, 5])
def test_the_linear_layers_are_one_matrix_between_encoder_and_decoder(
    layers: int, make_task: Callable[..., Task], normal: Callable[..., Tensor]
) -> None:
    task = make_task()
    model = initial(task, Config(linear_layers=layers), 4)
    assert sum(1 for name, _ in model.named_parameters() if name.startswith("plain.encoder.1.")) == layers
    x = normal(9, 6, name="x")
    with torch.no_grad():
        inside, outside = model.plain.encoder[0](x).double(), model.plain.encode(x).double()
    torch.testing.assert_close(outside, inside @ product(model).T, rtol=1e-4, atol=1e-7)
    plain = Autoencoder.build(task.protocol, dim=4, shape=(6,), generator=task.initialisation)
    torch.testing.assert_close(inside.float(), plain.encode(x), rtol=0, atol=0)  # the networks start as they do without


def test_the_first_steps_loss_is_the_squared_error_through_the_product(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=1, network=Mlp(hidden=()))
    fit(task, Config(linear_layers=3))
    start = initial(task, Config(linear_layers=3), 3)
    encoder, decoder = start.plain.encoder[0][1].double(), start.plain.decoder.layers[0].double()
    x = task.data.train.values[task.order(0).permutation(120)[:10]].double()
    z = (x @ encoder.weight.T + encoder.bias) @ product(start).T
    error = (z @ decoder.weight.T + decoder.bias - x).square().sum().item() / 10
    assert task.history[0]["loss"] == pytest.approx(error, rel=1e-5)


def test_codes_lie_along_the_principal_directions_of_the_plain_ones(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=40)
    model = fit(task, Config(linear_layers=2))
    x = task.data.train.values
    with torch.no_grad():
        plain, turned = model.plain.encode(x).double().numpy(), model.encode(x).double().numpy()
        torch.testing.assert_close(model.reconstruct(x), model.plain.reconstruct(x), rtol=1e-4, atol=1e-5)
    values = np.linalg.svd(np.cov(plain.T, bias=True), compute_uv=False)
    np.testing.assert_allclose(model.active_scores(), values, rtol=1e-4)
    np.testing.assert_allclose(np.cov(turned.T, bias=True), np.diag(values), atol=1e-5 * values[0])
    np.testing.assert_allclose(turned.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(model.prior.variance, values, rtol=1e-4)


def test_the_codes_are_those_of_the_first_examples(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=5)
    model = fit(task, Config(n_codes=40))
    with torch.no_grad():
        codes = model.plain.encode(task.data.train.values[:40]).double().numpy()
    np.testing.assert_allclose(model.center, codes.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize(("threshold", "count"), [(0.01, 3), (0.3, 2), (0.001, 4)])
def test_directions_above_a_share_of_the_widest_count(threshold: float, count: int) -> None:
    plain = Autoencoder(torch.nn.Identity(), torch.nn.Identity(), dim=5, shape=(5,))  # type: ignore[arg-type]
    model = ImplicitRank(plain, Config(rank_threshold=threshold))
    model.singular_values.copy_(torch.tensor([4.0, 2.0, 0.5, 0.039, 0.0]))
    assert model.active().tolist() == [True] * count + [False] * (5 - count)
    model.singular_values.zero_()
    assert not model.active().any()


def test_on_linear_data_it_finds_their_span_and_their_dimension(linear_toy: Any) -> None:
    model = fit(linear_toy.build(steps=400), Config(linear_layers=4))
    assert model.active().tolist() == [True] * 3 + [False] * 3
    weight = model.plain.decoder.layers[0].weight.detach() @ model.directions
    assert linear_toy.alignment(weight[:, :3]) > 0.999
