"""The constant model: the control that bounds every reconstruction error from above, and that counts as collapsed."""

from __future__ import annotations

import torch
from torch import Tensor

from latentdim.nets import DiagonalNormal, Draws, LatentModel
from latentdim.training import Task, solve
from methods.constant import Config
from methods.pca.runner import training_mean


class Constant(LatentModel):
    """Zero codes, a prior that draws nothing else, and the mean example for any code."""

    mean: Tensor

    def __init__(self, *, dim: int, shape: tuple[int, ...]) -> None:
        super().__init__(dim=dim, shape=shape, prior=DiagonalNormal(torch.zeros(dim), torch.zeros(dim)))
        self.register_buffer("mean", torch.zeros(shape))

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """Zeros ``(B, L)``."""
        return torch.zeros(len(x), self.dim, device=x.device)

    def decode(self, z: Tensor) -> Tensor:
        """The mean example, ``(B, *shape)``."""
        return self.mean.expand(len(z), *self.shape)

    def active(self) -> Tensor:
        """No dimension carries anything."""
        return torch.zeros(self.dim, dtype=torch.bool, device=self.inactive_value.device)


def fit(task: Task, config: Config) -> Constant:
    """The mean of the training examples."""
    model = Constant(dim=task.dim, shape=task.shape).to(task.device)

    def fill() -> None:
        model.mean.copy_(training_mean(task).reshape(task.shape))

    return solve(model, fill, task)
