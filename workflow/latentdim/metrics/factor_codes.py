"""Codes of images of a factor space: random combinations of levels, rendered and encoded."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import torch

from latentdim.metrics.context import BATCH, MetricContext, MetricRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.factor_spaces.factor_space import FactorSpace
    from latentdim.nets.draws import Draws

PIXELS = 2**21  # values that one batch holds, at most: larger blocks leave the processor's cache
ROUNDING = 1e-6  # of float32 networks: an axis whose codes differ by a smaller share of their size is constant


def random_levels(sizes: Sequence[int], n: int, *, draws: Draws) -> NDArray[np.int64]:
    """Levels of ``n`` images drawn uniformly from the factor space, with replacement, ``(n, F)``."""
    columns = [draws.integers(size, (n,)) for size in sizes]
    levels: NDArray[np.int64] = torch.stack(columns, dim=1).cpu().numpy()
    return levels


def factor_space_of(context: MetricContext) -> FactorSpace:
    """The dataset's factor space.

    Raises:
        MetricRefused: if it has none.
    """
    if context.data.factor_space is None:
        raise MetricRefused("the dataset has no factor space, so images of given factors can't be had")
    return context.data.factor_space


@torch.no_grad()
def factor_codes(context: MetricContext, levels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Posterior means of the images with these levels, ``(N, F) → (N, L)``; equal images are encoded once.

    Raises:
        MetricRefused: if a code isn't finite.
    """
    space, device = factor_space_of(context), context.model.inactive_value.device
    distinct, places = np.unique(space.flat(levels), return_inverse=True)
    codes = np.empty((len(distinct), context.model.dim), dtype=np.float32)
    batch = max(1, min(BATCH, PIXELS // prod(context.data.shape)))
    for start in range(0, len(distinct), batch):
        images = torch.from_numpy(space.images(space.levels(distinct[start : start + batch]))).to(device)
        codes[start : start + batch] = context.model.encode(context.data.scaling.to_network(images)).cpu().numpy()
    if not np.isfinite(codes).all():
        raise MetricRefused("the codes are not finite")
    return codes[places]


def varying_axes(smallest: NDArray[np.floating], largest: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which axes hold more than one code, rounding aside: bool ``(L,)`` from the least and largest code of each."""
    varying: NDArray[np.bool_] = (largest - smallest) > ROUNDING * np.maximum(np.abs(smallest), np.abs(largest))
    return varying


def chosen_positions(context: MetricContext) -> NDArray[np.int64]:
    """Positions of the axes that the metric is taken on.

    Raises:
        MetricRefused: if there are none.
    """
    if context.axes is None:
        return np.arange(context.model.dim)
    positions: NDArray[np.int64] = context.axes.nonzero().flatten().cpu().numpy()
    if not len(positions):
        raise MetricRefused("no axis is chosen: the rule for active axes counts none")
    return positions
