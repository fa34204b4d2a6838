"""A complete factor space whose images are looked up in prepared arrays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from latentdim.datasets.factor_spaces.factor_space import FactorSpace

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _places(train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each image of the factor space lies: i is row i of the training part, −1 − i row i of the test part.

    Args:
        train, test: flat indices of the parts' images, in their order; each index of the factor space once.
    """
    found = np.empty(len(train) + len(test), dtype=np.int64)
    found[train] = np.arange(len(train))
    found[test] = -1 - np.arange(len(test))
    return found


def prepared_space(folder: Path, sizes: Mapping[str, int]) -> FactorSpace:
    """The space of these factors, slowest first, all of whose images are prepared; these stay on disk.

    Raises:
        FileNotFoundError: if the folder holds no prepared arrays.
    """
    parts = {part: np.load(folder / f"{part}.npy", mmap_mode="r", allow_pickle=False) for part in ("train", "test")}
    factors = (np.load(folder / f"{part}_factors.npy", allow_pickle=False) for part in parts)
    where = _places(*(np.ravel_multi_index(tuple(each.astype(np.int64).T), tuple(sizes.values())) for each in factors))

    def images(levels: NDArray[np.int64]) -> NDArray[np.uint8]:
        place = where[space.flat(levels)]
        found = np.empty((len(levels), *parts["train"].shape[1:]), dtype=np.uint8)
        found[place >= 0] = parts["train"][place[place >= 0]]
        found[place < 0] = parts["test"][-1 - place[place < 0]]
        return found

    space = FactorSpace(tuple(sizes), tuple(sizes.values()), images)
    return space
