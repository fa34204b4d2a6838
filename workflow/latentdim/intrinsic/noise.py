"""Leaving out the directions in which there is nothing but noise.

Noise of equal size on every value fills all dimensions and hides few of them at small distances. Where it does, the
smallest variances along principal axes are alike: of n rows and k values of noise alone they lie between the edges
σ² (1 ± √(k/n))² (Marchenko and Pastur 1967), so the least one tells σ² and the upper edge. Points on a manifold that is
alike in all directions, as rotation matrices are, have such variances, too; what tells noise from them is that it has
as many dimensions as axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from latentdim.intrinsic.signature import directions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MOST_COLUMNS = 0.5  # of the rows: with more, the lower edge comes too close to zero
LEAST_SHARE, LEAST_COLUMNS = 0.5, 10  # that must lie within the edges for noise to be the word
FULL = 0.85  # of their number is the least dimension, by directions, of axes that hold nothing but noise
NOTHING = 1e-12  # of the largest variance: what rounding leaves
SLACK = 1.1  # on the upper edge, which the largest of finitely many passes by a little


class Denoised(NamedTuple):
    """Points along the axes that stand out of the noise.

    Attributes:
        points: ``(n, kept)``; all axes where no noise is seen, or nothing but noise.
        noise: standard deviation of the noise on a value; 0 where none is seen.
        only_noise: no axis stands out.
    """

    points: Array
    noise: float
    only_noise: bool


def denoised(points: Array) -> Denoised:
    """The points, centred, on the principal axes that stand out of noise of equal size on every value.

    Args:
        points: ``(n, columns)``, distinct rows in a random order.
    """
    rows, columns = points.shape
    centred = points - points.mean(axis=0)
    if columns > MOST_COLUMNS * rows:
        return Denoised(centred, 0.0, only_noise=False)
    variances, axes = np.linalg.eigh(centred.T @ centred / rows)
    ratio = (columns / rows) ** 0.5
    noise = max(float(variances[0]), 0.0) / (1.0 - ratio) ** 2
    if noise <= NOTHING * variances[-1]:
        return Denoised(centred, 0.0, only_noise=False)
    stands_out = variances > SLACK * noise * (1.0 + ratio) ** 2
    rest = centred @ axes[:, ~stands_out]
    few = stands_out.any() and rest.shape[1] < max(LEAST_COLUMNS, LEAST_SHARE * columns)
    if few or rest.shape[1] < 2 or directions(rest) < FULL * rest.shape[1]:
        return Denoised(centred, 0.0, only_noise=False)
    if not stands_out.any():
        return Denoised(centred, noise**0.5, only_noise=True)
    return Denoised(centred @ axes[:, stands_out], noise**0.5, only_noise=False)
