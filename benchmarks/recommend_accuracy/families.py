"""The test families: data of known intrinsic dimension, of other kinds than those that the correction is learnt from.

They were listed before any estimator saw them. Each is a function of a random generator and the number of rows, which
returns points ``(rows, columns)`` of the dimension that it is named with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from latentdim.system.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Sampler = Callable[[np.random.Generator, int], Array]

SAMPLES, SIDE = 96, 24  # of a signal; of an image


def network(draws: np.random.Generator, rows: int, *, dim: int) -> Array:
    """Normal codes through the random network of the set ``synthetic``, whose weights are fixed: 128 columns."""
    from latentdim.datasets.synthetic import Generator, SyntheticOptions

    return Generator.of(SyntheticOptions(n=dim))(draws.standard_normal((rows, dim)))


def rotations(draws: np.random.Generator, rows: int, *, side: int) -> Array:
    """Uniform rotation matrices: dimension side (side − 1) / 2."""
    q, r = np.linalg.qr(draws.standard_normal((rows, side, side)))
    q *= np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None]
    q[:, :, 0] *= np.linalg.det(q)[:, None]
    return np.asarray(q.reshape(rows, -1))


def subspaces(draws: np.random.Generator, rows: int, *, space: int, inside: int) -> Array:
    """Projections onto uniform subspaces of ``inside`` dimensions of ``space``: inside (space − inside)."""
    q, _ = np.linalg.qr(draws.standard_normal((rows, space, inside)))
    return np.asarray((q @ q.transpose(0, 2, 1)).reshape(rows, -1))


def low_rank(draws: np.random.Generator, rows: int, *, shape: tuple[int, int], rank: int) -> Array:
    """Products of two normal matrices, so matrices of that rank: rank (height + width − rank)."""
    left = draws.standard_normal((rows, shape[0], rank))
    return np.asarray((left @ draws.standard_normal((rows, rank, shape[1]))).reshape(rows, -1))


def simplex(draws: np.random.Generator, rows: int, *, dim: int) -> Array:
    """Shares of dim + 1 parts, all shares as likely: a flat piece with corners."""
    return draws.dirichlet(np.ones(dim + 1), rows)


def heavy_tails(draws: np.random.Generator, rows: int, *, dim: int) -> Array:
    """Independent values of Student's t with 5 degrees of freedom."""
    return draws.standard_t(5, (rows, dim))


def cubic(draws: np.random.Generator, rows: int, *, dim: int) -> Array:
    """Values uniform in [−1, 1], with as many cubes of fixed random sums of theirs beside them."""
    flat = draws.uniform(-1.0, 1.0, (rows, dim))
    sums = flat @ stream("recommend_accuracy", "cubic", dim).standard_normal((dim, dim)) * 1.5 / dim**0.5
    return np.concatenate([flat, sums**3], axis=1)


def tones(draws: np.random.Generator, rows: int, *, count: int) -> Array:
    """Signals of ``count`` tones, each with its amplitude, phase and frequency within an own band: 3 count."""
    time = np.arange(SAMPLES) / SAMPLES
    lowest = 2.0 + 2.0 * np.arange(count)
    frequency = lowest + draws.uniform(0.0, 1.0, (rows, count))
    amplitude, phase = draws.uniform(0.5, 1.5, (rows, count)), draws.uniform(0.0, 2.0 * np.pi, (rows, count))
    waves = amplitude[..., None] * np.sin(2.0 * np.pi * frequency[..., None] * time + phase[..., None])
    return np.asarray(waves.sum(axis=1))


def blobs(draws: np.random.Generator, rows: int, *, count: int) -> Array:
    """Images of ``count`` soft blobs, each moving in an own part of the picture and of its own brightness: 3 count."""
    across = int(np.ceil(count**0.5))
    cell = SIDE / across
    corner = np.stack(np.divmod(np.arange(count), across), axis=1) * cell
    centre = corner + cell * draws.uniform(0.25, 0.75, (rows, count, 2))
    pixels = np.stack(np.divmod(np.arange(SIDE**2), SIDE), axis=1) + 0.5
    squares = np.square(pixels - centre[:, :, None]).sum(axis=3)
    brightness = draws.uniform(0.5, 1.0, (rows, count, 1))
    return np.asarray((brightness * np.exp(-squares / (2.0 * (cell / 5.0) ** 2))).sum(axis=1))


FAMILIES: Mapping[str, Mapping[int, Sampler]] = {
    "network": {dim: partial(network, dim=dim) for dim in (3, 6, 12, 24, 40)},
    "rotations": {side * (side - 1) // 2: partial(rotations, side=side) for side in (3, 4, 6, 7, 9)},
    "subspaces": {
        k * (n - k): partial(subspaces, space=n, inside=k) for n, k in ((4, 1), (5, 2), (8, 2), (14, 2), (14, 4))
    },
    "low_rank": {
        rank * (height + width - rank): partial(low_rank, shape=(height, width), rank=rank)
        for height, width, rank in ((2, 2, 1), (3, 4, 1), (6, 7, 1), (7, 8, 2), (10, 12, 2))
    },
    "simplex": {dim: partial(simplex, dim=dim) for dim in (3, 6, 12, 24, 40)},
    "heavy_tails": {dim: partial(heavy_tails, dim=dim) for dim in (3, 6, 12, 24, 40)},
    "cubic": {dim: partial(cubic, dim=dim) for dim in (3, 6, 12, 24, 40)},
    "tones": {3 * count: partial(tones, count=count) for count in (1, 2, 4, 8, 13)},
    "blobs": {3 * count: partial(blobs, count=count) for count in (1, 2, 4, 8, 13)},
}
CONDITIONS = ((2500, 0.0), (1000, 0.02), (300, 0.0), (2500, 0.05))  # rows, and noise as in `intrinsic.families.noisy`
COLUMNS = 64  # at least, so that noise has room
