"""The plain autoencoder's error, worked out by hand and held against that of principal components."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from latentdim.nets import Autoencoder
from latentdim.nets.architectures.mlp import Mlp
from latentdim.training import Task
from methods.ae import Config
from methods.ae.runner import fit


def test_the_loss_is_the_squared_error_of_what_is_decoded(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=1, network=Mlp(hidden=()))
    fit(task, Config())
    start = Autoencoder.build(task.protocol, dim=3, shape=task.shape, generator=task.initialisation)
    encoder, decoder = start.encoder[1].double(), start.decoder.layers[0].double()
    batch = task.data.train.values[task.order(0).permutation(task.n_train)[:10]].double()
    total = 0.0
    for x in batch:
        z = encoder.weight @ x + encoder.bias
        total += sum(e**2 for e in (decoder.weight @ z + decoder.bias - x).tolist())
    assert task.history[0]["loss"] == task.history[0]["reconstruction"] == pytest.approx(total / 10, rel=1e-5)


def test_a_linear_one_reaches_the_principal_span_and_never_beats_it(gaussian_toy: Callable[..., Any]) -> None:
    toy = gaussian_toy(1.6, 1.0, 0.5, 0.4, dim=2, steps=500)
    model = fit(toy.task, Config())
    x = torch.from_numpy(toy.x).float()
    error = (model.reconstruct(x) - x).square().sum(dim=1).mean().item()
    least = toy.eigenvalues[2:].sum()
    assert least * (1 - 1e-5) < error < 1.05 * least
    assert toy.span_cosine(model.decoder.layers[0].weight.detach().double().numpy(), 2) > 0.99
    assert model.active().tolist() == [True, True]
    assert model.likelihood is None
