"""Tiny data that methods and metrics are tried on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from latentdim.datasets.factor_spaces.factor_space import FactorSpace
from latentdim.training.data import Data, Scaling, Split

if TYPE_CHECKING:
    from numpy.typing import NDArray

VALUES, FACTORS, EXAMPLES = 12, 3, 160
SIDE, SIZES = 8, (2, 4, 5, 4)


def tiny_data() -> Data:
    """A nonlinear image of three factors in twelve values."""
    generator = torch.Generator().manual_seed(0)
    factors = torch.randn(EXAMPLES, FACTORS, generator=generator)
    values = torch.tanh(factors @ torch.randn(FACTORS, VALUES, generator=generator))
    whole = Split(values, factors)
    return Data(whole.part(0, 120), whole.part(120, 120), whole.part(120, EXAMPLES), Scaling(1.0, 0.0))


def tiny_pictures() -> Data:
    """All 160 pictures of a space of four factors (shape, side, column, row), shuffled; the classes are the sides."""
    space = FactorSpace(("shape", "side", "column", "row"), SIZES, _pictures)
    levels = space.levels(np.random.default_rng(0).permutation(len(space)))
    factors = torch.from_numpy(levels).to(torch.float32)
    whole = Split(torch.from_numpy(space.images(levels)), factors, torch.from_numpy(levels[:, 1]))
    return Data(whole.part(0, 120), whole.part(120, 120), whole.part(120, EXAMPLES), Scaling(1.0, 0.0), space)


def _pictures(levels: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Squares (full or hollow) of sides 1 … 4 at 5 × 4 places of an 8 × 8 picture."""
    shape, side, column, row = (levels[:, place, None, None] for place in range(4))
    y, x = np.mgrid[:SIDE, :SIDE]
    inside = (x >= column) & (x <= column + side) & (y >= row) & (y <= row + side)
    within = (x > column) & (x < column + side) & (y > row) & (y < row + side)
    grey = np.where(inside & ~(within & (shape == 1)), 255 - 60 * shape, 0)
    return grey.astype(np.uint8)[:, None]
