"""Prepared arrays on the device: one resident tensor, scaled batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from latentdim.datasets.factor_spaces.factor_space import FactorSpace
from latentdim.study.protocol import Training

if TYPE_CHECKING:
    from numpy.typing import NDArray

STATISTICS_CHUNK = 4096
ROWS = 1000  # of a batch that isn't trained on


@dataclass(frozen=True)
class Scaling:
    """x = data · factor + offset, between the data's own units and what the network sees.

    The data's own units are [0, 1] for images (stored as bytes) and the stored values for vectors.
    """

    factor: float
    offset: float

    def to_network(self, data: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Stored values or bytes to the network's range, float32; in ``out``'s memory where anything is to be done."""
        factor = self.factor / 255.0 if data.dtype == torch.uint8 else self.factor
        if (factor, self.offset) == (1.0, 0.0):
            return data
        x = torch.mul(data, factor, out=out)  # bytes times a number are float32 at once
        return x.add_(self.offset) if self.offset else x

    def to_data(self, x: Tensor) -> Tensor:
        """The network's range back to the data's own units."""
        return x if (self.factor, self.offset) == (1.0, 0.0) else (x - self.offset) / self.factor


@dataclass(frozen=True)
class Split:
    """Examples of one part of a dataset, resident on the device.

    Attributes:
        values: ``(N, *shape)``, bytes for images and float32 for vectors.
        factors: known factors of variation, ``(N, F)`` float32, or None.
        labels: classes, ``(N,)`` int64, or None.
    """

    values: Tensor
    factors: Tensor | None = None
    labels: Tensor | None = None

    def __len__(self) -> int:
        return len(self.values)

    def part(self, start: int, stop: int) -> Split:
        """The examples from ``start`` to ``stop``, without a copy."""
        factors = None if self.factors is None else self.factors[start:stop]
        labels = None if self.labels is None else self.labels[start:stop]
        return Split(self.values[start:stop], factors, labels)


@dataclass(frozen=True)
class Data:
    """A dataset's splits, and how their values are scaled for the network.

    Attributes:
        factor_space: images of any combination of the known factors, where the dataset offers them.
    """

    train: Split
    validation: Split
    test: Split
    scaling: Scaling
    factor_space: FactorSpace | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        return tuple(self.train.values.shape[1:])

    def split(self, name: str) -> Split:
        """``train``, ``validation`` or ``test``."""
        found: Split = getattr(self, name)
        return found

    def batch(self, split: Split, start: int, stop: int) -> Tensor:
        """Scaled examples ``start … stop`` of a split, float32."""
        return self.scaling.to_network(split.values[start:stop])

    def batches(self, split: Split, *, size: int = ROWS) -> Iterator[Tensor]:
        """A split in batches as the network sees them, in its order, float32."""
        for start in range(0, len(split), size):
            yield self.batch(split, start, min(start + size, len(split)))


def load_data(
    folder: Path, protocol: Training, *, device: torch.device, factor_space: FactorSpace | None = None
) -> Data:
    """Map prepared arrays, or lay them on another device. On the CPU processes share the pages of one file.

    Raises:
        FileNotFoundError: if the folder holds no prepared arrays.
    """
    whole = {name: _read_split(folder, name, device) for name in ("train", "test")}
    n_used = min(protocol.n_train or len(whole["train"]), len(whole["train"]))
    cut = n_used - protocol.n_validation
    train = whole["train"].part(0, cut)
    validation = whole["train"].part(cut, n_used)
    return Data(train, validation, whole["test"], _scaling(protocol, train), factor_space)


def _read_split(folder: Path, name: str, device: torch.device) -> Split:
    # "c": torch wants writable memory, and nobody writes; a page that somebody did write would be that process's own.
    values = np.load(folder / f"{name}.npy", mmap_mode="c", allow_pickle=False)
    extra = {}
    for kind, dtype in (("factors", np.float32), ("labels", np.int64)):
        path = folder / f"{name}_{kind}.npy"
        extra[kind] = _tensor(np.load(path, allow_pickle=False).astype(dtype), device) if path.exists() else None
    return Split(_tensor(values, device), **extra)


def _tensor(array: NDArray[np.generic], device: torch.device) -> Tensor:
    return torch.from_numpy(array).to(device)


def _scaling(protocol: Training, train: Split) -> Scaling:
    if protocol.scaling == "standardised":
        mean, std = _moments(train.values)
        return Scaling(1.0 / std, -mean / std)
    if protocol.scaling == "symmetric" and train.values.dtype == torch.uint8:
        return Scaling(2.0, -1.0)
    return Scaling(1.0, 0.0)


def _moments(values: Tensor) -> tuple[float, float]:
    """Mean and standard deviation over all values, in the data's own units, accumulated in float64."""
    total = torch.zeros(2, dtype=torch.float64)
    divisor = 255.0 if values.dtype == torch.uint8 else 1.0
    for chunk in values.split(STATISTICS_CHUNK):
        scaled = chunk.to(torch.float64) / divisor
        total += torch.stack([scaled.sum(), scaled.square().sum()]).cpu()
    mean, square = (total / values.numel()).tolist()
    return mean, max(square - mean * mean, 1e-12) ** 0.5
