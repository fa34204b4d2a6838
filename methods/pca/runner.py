"""PCA: the control that any nonlinear method should beat at equal dimension."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from latentdim.nets import DiagonalNormal, Draws, LatentModel
from latentdim.training import Task, solve
from methods.pca import Config

ROWS = 4096


class PCA(LatentModel):
    """Codes are scores on the first L principal axes; the prior is a Gaussian with the scores' variances."""

    mean: Tensor
    components: Tensor
    prior: DiagonalNormal

    def __init__(self, *, dim: int, shape: tuple[int, ...]) -> None:
        super().__init__(dim=dim, shape=shape, prior=DiagonalNormal(torch.zeros(dim), torch.zeros(dim)))
        values = torch.Size(shape).numel()
        self.register_buffer("mean", torch.zeros(values))
        self.register_buffer("components", torch.zeros(dim, values))

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """Scores ``(B, L)``; there is no posterior to draw from."""
        return (x.flatten(1) - self.mean) @ self.components.T

    def decode(self, z: Tensor) -> Tensor:
        """The point of the affine subspace with these scores."""
        return (z @ self.components + self.mean).unflatten(1, self.shape)

    def fill(self, task: Task) -> None:
        """Set the mean, the axes and their variances from the training examples."""
        mean, components, variance = principal_axes(task, self.dim)
        self.mean.copy_(mean)
        self.components.copy_(components)
        self.prior.variance.copy_(variance)


def fit(task: Task, config: Config) -> PCA:
    """The first ``task.dim`` principal components of the training examples."""
    model = PCA(dim=task.dim, shape=task.shape).to(task.device)
    return solve(model, lambda: model.fill(task), task)


def training_rows(task: Task) -> Iterator[Tensor]:
    """The training examples as the network would see them, flat, float64, some thousand rows at a time."""
    train = task.data.train
    for start in range(0, len(train), ROWS):
        yield task.data.batch(train, start, min(start + ROWS, len(train))).flatten(1).double()


def training_mean(task: Task) -> Tensor:
    """Mean of the training examples, flat, float64."""
    total = torch.zeros(torch.Size(task.shape).numel(), dtype=torch.float64, device=task.device)
    for rows in training_rows(task):
        total += rows.sum(dim=0)
    return total / task.n_train


def principal_axes(task: Task, dim: int) -> tuple[Tensor, Tensor, Tensor]:
    """Mean ``(D,)``, the ``dim`` leading eigenvectors ``(dim, D)`` and eigenvalues of the training covariance.

    Exact, in float64, with divisor n − 1. The sign of an axis makes its largest entry positive.

    Raises:
        ValueError: if there are fewer values or training examples than ``dim``.
    """
    n, values = task.n_train, torch.Size(task.shape).numel()
    if dim > min(n, values):
        raise ValueError(f"pca: {n} examples of {values} values have no {dim} principal components")
    mean = training_mean(task)
    if values <= n:
        scatter = torch.zeros(values, values, dtype=torch.float64, device=task.device)
        for rows in training_rows(task):
            scatter += (rows - mean).T @ (rows - mean)
        eigenvalues, vectors = torch.linalg.eigh(scatter)
        axes = vectors.T
    else:
        centred = torch.cat(list(training_rows(task))) - mean
        _, singular, axes = torch.linalg.svd(centred, full_matrices=False)
        eigenvalues, axes = singular.square().flip(0), axes.flip(0)
    axes = axes[-dim:].flip(0)
    largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))
    return mean, axes * largest.sign(), eigenvalues[-dim:].flip(0).clamp(min=0.0) / max(n - 1, 1)
