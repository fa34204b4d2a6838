"""The calibration families: data of known intrinsic dimension that the correction of distances is learnt from.

They are simple on purpose, and of other kinds than what the estimate is judged by (``benchmarks/recommend_accuracy``
lists those): pieces of differing density and edge that are flat, or a sphere; and two that bend. Each takes any d.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Family = Callable[[np.random.Generator, int, int], Array]


def gaussian(draws: np.random.Generator, n: int, d: int) -> Array:
    """Independent standard normal values, ``(n, d)``."""
    return draws.standard_normal((n, d))


def ellipsoid(draws: np.random.Generator, n: int, d: int) -> Array:
    """Normal values whose standard deviations fall geometrically from 1 to something between 0.25 and 1, ``(n, d)``."""
    return draws.standard_normal((n, d)) * np.geomspace(1.0, draws.uniform(0.25, 1.0), d)


def cube(draws: np.random.Generator, n: int, d: int) -> Array:
    """Uniform in a cube, ``(n, d)``."""
    return draws.uniform(-1.0, 1.0, (n, d))


def sphere(draws: np.random.Generator, n: int, d: int) -> Array:
    """Uniform on the unit sphere S^d, ``(n, d + 1)``."""
    points = draws.standard_normal((n, d + 1))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def ball(draws: np.random.Generator, n: int, d: int) -> Array:
    """Uniform in the unit ball, ``(n, d)``."""
    return sphere(draws, n, d - 1) * draws.uniform(0.0, 1.0, (n, 1)) ** (1.0 / d)


def bowl(draws: np.random.Generator, n: int, d: int) -> Array:
    """Uniform in the unit ball, bent upwards along its squared radius, by 1 at its edge at most, ``(n, d + 1)``."""
    flat = ball(draws, n, d)
    return np.concatenate([flat, draws.uniform() * np.square(flat).sum(axis=1, keepdims=True)], axis=1)


def waves(draws: np.random.Generator, n: int, d: int) -> Array:
    """Cosines of random projections of standard normal values, ``(n, 4 d)``: bent everywhere, little or much.

    The projections have standard deviation 0.2 to 1.5 (log-uniform) and random phases.
    """
    directions = draws.standard_normal((d, 4 * d)) / d**0.5
    spread = np.exp(draws.uniform(np.log(0.2), np.log(1.5)))
    return np.cos(spread * gaussian(draws, n, d) @ directions + draws.uniform(0.0, 2.0 * np.pi, 4 * d))


FLAT: tuple[Family, ...] = (gaussian, ellipsoid, cube, ball, sphere)  # what the correction is fitted to
BENT: tuple[Family, ...] = (bowl, waves)  # what its spread is measured on, too


def noisy(draws: np.random.Generator, points: Array, *, columns: int, noise: float) -> Array:
    """The points in a space of ``columns`` values at least, with normal noise on each of them.

    Args:
        points: ``(n, k)``; more columns are zeros, since a rotation changes neither distances nor isotropic noise.
        noise: standard deviation of the noise on a value, in units of the points' root mean square over all columns.
    """
    columns = max(columns, points.shape[1])
    placed = np.zeros((len(points), columns))
    placed[:, : points.shape[1]] = points - points.mean(axis=0)
    scale = float(np.sqrt(np.square(placed).mean()))
    return placed + noise * scale * draws.standard_normal(placed.shape) if noise else placed
