"""PCA's spectrum of some data: what codes that are linear in an example could do at best."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ROWS, FEWEST_ROWS = 4000, 100
MOST_VALUES = 1 << 25  # in memory at once, up to three times in four or eight bytes
SHARES = (0.9, 0.95, 0.99)


def training_rows(folder: Path, most: int = MOST_ROWS) -> NDArray[np.float32]:
    """The first prepared training examples, which stand in random order, ``(n, D)``; bytes become [0, 1].

    As many as are asked for, of large ones as many as have ``MOST_VALUES`` values together, but ``FEWEST_ROWS`` at
    least.
    """
    stored = np.load(folder / "train.npy", mmap_mode="r", allow_pickle=False)
    fitting = max(MOST_VALUES // math.prod(stored.shape[1:]), FEWEST_ROWS)
    values = stored[: min(most, fitting)]
    rows: NDArray[np.float32] = values.astype(np.float32).reshape(len(values), -1)
    if values.dtype == np.uint8:
        rows /= np.float32(255.0)
    return rows


def spectrum(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Shares of the variance along the principal components, largest first, ``(min(n, D),)``, which sum to 1."""
    centred = rows.astype(np.float64)
    centred -= rows.mean(axis=0, dtype=np.float64)
    tall = len(centred) > centred.shape[1]
    variances = np.linalg.eigvalsh(centred.T @ centred if tall else centred @ centred.T)[::-1].clip(min=0.0)
    shares: NDArray[np.float64] = variances / variances.sum()
    return shares


def components_for(shares: NDArray[np.float64], share: float) -> int:
    """How many of them hold a share of the variance."""
    return int(np.searchsorted(np.cumsum(shares), share - 1e-12) + 1)
