"""Factors of variation, every combination of whose levels is an image that can be had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FactorSpace:
    """Factors that vary, and the images of their combinations.

    Attributes:
        names: of the factors, slowest first. Factors with a single level are left out: they have no entropy.
        sizes: levels of each, at least 2.
        images: levels ``(N, F)`` int64 to images ``(N, channels, height, width)`` of bytes, as a prepared array holds
            them. The same levels give the same bytes.
    """

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    images: Callable[[NDArray[np.int64]], NDArray[np.uint8]]

    def __post_init__(self) -> None:
        if len(self.names) != len(self.sizes) or min(self.sizes, default=0) < 2:
            raise ValueError(f"factors {self.names} with {self.sizes} levels: each needs a name and at least 2 levels")

    def __len__(self) -> int:
        return prod(self.sizes)

    @property
    def strides(self) -> NDArray[np.int64]:
        """What one level of each factor adds to the flat index, ``(F,)``; 1 for the last."""
        return np.array([prod(self.sizes[place + 1 :]) for place in range(len(self.sizes))], dtype=np.int64)

    def levels(self, flat: NDArray[np.int64]) -> NDArray[np.int64]:
        """Levels ``(N, F)`` of flat indices ``(N,)`` in 0 … len − 1.

        Raises:
            ValueError: if an index lies outside the factor space.
        """
        return np.stack(np.unravel_index(flat, self.sizes), axis=1).astype(np.int64)

    def flat(self, levels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Flat indices ``(N,)`` of levels ``(N, F)``.

        Raises:
            ValueError: if a level lies outside its factor's range.
        """
        if levels.ndim != 2 or levels.shape[1] != len(self.sizes) or (levels < 0).any() or (levels >= self.sizes).any():
            raise ValueError(f"levels of {self.names} must lie below {self.sizes}")
        return levels @ self.strides
