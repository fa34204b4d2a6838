"""Where an array's values lie and how much they vary: what decides whether anything can be learned from them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS = 64  # at once: they stay in the processor's cache, and 64 squares of differences of bytes are below 2²⁴


class Spread:
    """Range and variance of examples that come in pieces, in the data's own units ([0, 1] for images of bytes).

    The variance is the mean over an example's values of their population variances; each is worked out from the
    differences to the first example, so that it is exactly 0 where all are equal.
    """

    def __init__(self) -> None:
        self.low, self.high = np.inf, -np.inf
        self._n = 0
        self._unit = 1.0
        self._first: NDArray[Any] = np.zeros(0)
        self._sum = self._square = np.zeros(0)

    def add(self, piece: NDArray[Any]) -> None:
        """Take in examples ``(n, *shape)``."""
        self._unit = 255.0 if piece.dtype == np.uint8 else 1.0
        self.low = min(self.low, float(piece.min()) / self._unit)
        self.high = max(self.high, float(piece.max()) / self._unit)
        exact = np.float32 if piece.dtype == np.uint8 else np.float64  # sums of so few bytes fit float32
        for start in range(0, len(piece), ROWS):
            rows = piece[start : start + ROWS]
            values: NDArray[Any] = rows.reshape(len(rows), -1).astype(exact)
            if not self._n:
                self._first = values[0].copy()
                self._sum, self._square = (np.zeros(values.shape[1]) for _ in range(2))
            values -= self._first
            self._n += len(values)
            self._sum += values.sum(axis=0)
            self._square += np.einsum("ij,ij->j", values, values)

    @property
    def variance(self) -> float:
        """Of a value, the mean over an example's values."""
        mean = self._sum / self._n
        return float(np.maximum(self._square / self._n - mean * mean, 0.0).mean()) / self._unit**2

    @property
    def constant(self) -> bool:
        """Whether examples differ by no more than float32 rounds the largest of their values."""
        largest = max(abs(self.low), abs(self.high))
        return self.variance <= (float(np.finfo(np.float32).eps) * largest) ** 2


def spread_of(pieces: Iterable[NDArray[Any]]) -> Spread:
    """The spread of an array that is read piece by piece."""
    spread = Spread()
    for piece in pieces:
        spread.add(piece)
    return spread
