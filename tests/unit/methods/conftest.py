"""Small tasks held in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from latentdim.nets.architectures.mlp import Mlp
from latentdim.records.folder import RunFolder
from latentdim.study.protocol import Training
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
