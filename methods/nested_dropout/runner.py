"""Nested dropout: reconstruction from the first b axes of each code, b drawn for each (Rippel et al., 2014, section 3).

The objective is Σ_b p(b) · reconstruction from the first b axes, estimated with one draw of b an example. Where encoder
and decoder are linear, its optimum is that of principal components, in their order.

Left open: the rate of the geometric law, and what happens to its tail beyond L: here it falls on L, so every example
keeps at least one axis and some keep all. How many axes are enough the paper doesn't ask; the knee is this suite's
rule. Unit sweeping (axes are frozen one after another as they converge) is left out: it speeds the training of late
axes up and changes no optimum.
Pitfalls: late axes are seldom kept and learn slowly, so a short training makes the count too small; with likelihoods
other than the squared error the knee is still that of the squared error.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from latentdim.nets import Draws, reconstruction
from latentdim.training import Hooks, Task, train
from methods.nested_dropout import Config
from methods.nested_dropout.model import OrderedAutoencoder


def fit(task: Task, config: Config) -> OrderedAutoencoder:
    """Train one autoencoder with ``task.dim`` ordered latent dimensions and return it."""
    model = OrderedAutoencoder.build(
        task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation, config=config
    )
    model.to(task.device)
    truncation = task.draws("truncation")

    def loss(batch: Tensor) -> dict[str, Tensor]:
        kept = model.first(truncations(truncation, len(batch), dim=task.dim, rate=config.rate))
        codes = torch.where(kept, model.encode(batch), 0.0)
        return {"reconstruction": reconstruction(model, codes, batch, task.protocol)}

    return train(model, loss, task, hooks=Hooks(finish=lambda: model.settle(task)))


def truncations(draws: Draws, n: int, *, dim: int, rate: float) -> Tensor:
    """Numbers of axes that examples keep, ``(n, 1)`` int64: geometric from 1 on, cut at ``dim``."""
    beyond = (1.0 - draws.uniform((n, 1))).log() / math.log(rate)
    return (1 + beyond.floor()).clamp(max=dim).long()
