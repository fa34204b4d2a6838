"""Noise codes: the control that no metric of a code's content may rank above any other method."""

from __future__ import annotations

import torch
from torch import Tensor

from latentdim.nets.content import content_normals
from latentdim.nets.draws import Draws
from latentdim.training import Task, solve
from methods.noise import Config
from methods.pca.runner import PCA


class NoiseCodes(PCA):
    """PCA's decoder and prior behind an encoder that draws from the prior.

    The draw is a hash of the example's values: fixed for each example, whatever the batch it comes in, and independent
    of what it shows. So the model samples as PCA does and reconstructs one of its samples.
    """

    salt: Tensor

    def __init__(self, *, dim: int, shape: tuple[int, ...]) -> None:
        super().__init__(dim=dim, shape=shape)
        self.register_buffer("salt", torch.zeros((), dtype=torch.int64))

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """Pseudo-random codes ``(B, L)`` with the prior's distribution."""
        return content_normals(x, self.dim, salt=self.salt) * self.prior.variance.sqrt()


def fit(task: Task, config: Config) -> NoiseCodes:
    """Noise codes of ``task.dim`` dimensions; other seeds give other noise."""
    model = NoiseCodes(dim=task.dim, shape=task.shape).to(task.device)

    def fill() -> None:
        model.fill(task)
        model.salt.copy_(task.draws_at("noise", 0).integers(2**62, ()))

    return solve(model, fill, task)
