"""Small tasks held in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentdim.nets.architectures.mlp import Mlp
from latentdim.records.folder import RunFolder
from latentdim.study.protocol import Optimizer, Schedule, Training
from latentdim.system.seeds import torch_stream
from latentdim.training import Task
from latentdim.training.data import Data, Scaling, Split


@pytest.fixture
def normal() -> Callable[..., Tensor]:
    """Standard normal numbers of a shape, fixed by a name."""
    return lambda *shape, name="test": torch.randn(*shape, generator=torch_stream("methods", name))


@pytest.fixture
def make_task(normal: Callable[..., Tensor]) -> Callable[..., Task]:
    """A task on a few examples; keyword arguments beyond the known ones are fields of the training protocol."""

    def build(
        *, train: Tensor | None = None, test: Tensor | None = None, factors: tuple[Tensor, Tensor] | None = None,
        dim: int = 3, seed: int = 0, folder: Path | None = None, **training: Any,
    ) -> Task:  # fmt: skip
        train = normal(120, 6, name="train") if train is None else train
        test = normal(20, train.shape[1], name="test") if test is None else test
        protocol = Training(**({"network": Mlp(hidden=(8,)), "batch_size": 10, "steps": 6} | training))
        cut = len(train) - protocol.n_validation
        train_factors, test_factors = factors or (None, None)
        whole = Split(train, train_factors)
        splits = whole.part(0, cut), whole.part(cut, len(train)), Split(test, test_factors)
        data = Data(*splits, Scaling(1.0, 0.0))
        where = RunFolder(folder) if folder else None
        return Task(dim=dim, data=data, protocol=protocol, names=("toy", dim, seed), folder=where)

    return build


@dataclass(frozen=True)
class LinearToy:
    """Three Gaussian factors of unequal spread in ten values, with a little noise, for linear networks.

    Attributes:
        train: ``(1200, 10)``.
        basis: the factors' directions, orthonormal columns ``(10, 3)``.
        build: makes a task on them with six latent dimensions; keyword arguments are fields of the training protocol.
    """

    train: Tensor
    basis: Tensor
    build: Callable[..., Task]

    def alignment(self, directions: Tensor) -> float:
        """Cosine of the largest angle that a factor's direction makes with the span of three columns or more."""
        spanned, _ = torch.linalg.qr(directions)
        return float(torch.linalg.svdvals(spanned.T @ self.basis).min())


@pytest.fixture
def linear_toy(make_task: Callable[..., Task], normal: Callable[..., Tensor]) -> LinearToy:
    """Data whose principal span and dimension are known."""
    basis, _ = torch.linalg.qr(normal(10, 3, name="basis"))
    factors = normal(1200, 3, name="factors") * torch.tensor([3.0, 2.0, 1.5])
    train = factors @ basis.T + 0.05 * normal(1200, 10, name="little")
    linear = {"network": Mlp(hidden=()), "batch_size": 50, "optimizer": Optimizer(learning_rate=0.01)}

    def build(**training: Any) -> Task:
        return make_task(train=train, test=train[:50], dim=6, **(linear | training))

    return LinearToy(train, basis, build)


class GaussianToy(NamedTuple):
    """Gaussian data of a linear model, and a task of linear networks on it.

    Attributes:
        x: training examples, ``(N, D)`` float64.
        eigenvalues: of their covariance with divisor N, largest first, ``(D,)``.
        axes: its eigenvectors, as columns in the same order, ``(D, D)``.
    """

    task: Task
    x: NDArray[np.float64]
    eigenvalues: NDArray[np.float64]
    axes: NDArray[np.float64]

    def span_cosine(self, columns: NDArray[np.float64], dim: int) -> float:
        """Cosine of the largest angle between the span of ``columns`` ``(D, dim)`` and that of the first axes."""
        basis = np.linalg.qr(columns)[0]
        return float(np.linalg.svd(basis.T @ self.axes[:, :dim], compute_uv=False).min())


@pytest.fixture
def gaussian_toy(make_task: Callable[..., Task], normal: Callable[..., Tensor]) -> Callable[..., GaussianToy]:
    """Data whose principal axes have the deviations given, and a linear network that is trained on them."""

    def build(*deviations: float, dim: int, steps: int, rate: float = 0.05, **training: Any) -> GaussianToy:
        size = len(deviations)
        rotation, _ = torch.linalg.qr(normal(size, size, name="rotation"))
        train = normal(400, size, name="toy") * torch.tensor(deviations) @ rotation.T + 1.0
        options = {"batch_size": 200, "optimizer": Optimizer(learning_rate=rate), "schedule": Schedule(name="cosine")}
        task = make_task(train=train, dim=dim, network=Mlp(hidden=()), steps=steps, **options | training)
        x = train.double().numpy()
        values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
        return GaussianToy(task, x, values[::-1], vectors[:, ::-1])

    return build
