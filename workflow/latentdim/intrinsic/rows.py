"""The rows that estimators are given: distinct, not too many, in as few columns as hold them, and halves of them."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

NOTHING = 1e-12  # of the largest variance: what rounding leaves of an axis along which nothing varies


class Rows(NamedTuple):
    """Rows chosen from a user's.

    Attributes:
        points: ``(n, columns)``, in a random order, divided by their root mean square about the mean.
        given: how many rows there were.
        duplicates: how many of these are copies of an earlier one.
    """

    points: Array
    given: int
    duplicates: int


def distinct_rows(data: NDArray[np.float32], *, most: int, draws: np.random.Generator) -> Rows:
    """At most so many distinct rows, drawn at random.

    A copied row has a neighbour at distance 0, which estimators take for dimension 0; the library's own check misses
    half of the copies where distances come from products of matrices.
    """
    seen: dict[bytes, int] = {}
    for index, row in enumerate(data):
        seen.setdefault(digest_of(row), index)
    chosen = draws.permutation(list(seen.values()))[:most]
    points = data[chosen].astype(np.float64)
    points -= points.mean(axis=0)
    scale = float(np.sqrt(np.square(points).mean()))
    return Rows(points / scale if scale > 0 else points, len(data), len(data) - len(seen))


def digest_of(row: NDArray[Any]) -> bytes:
    """The same for equal rows of one type and shape, and for no others."""
    unsigned_zeros = row + row.dtype.type(0) if row.dtype.kind == "f" else row  # −0 becomes 0
    return blake2b(unsigned_zeros.tobytes(), digest_size=16).digest()


def isometric(points: Array) -> Array:
    """The centred points on their principal axes where there are more columns than rows, so that distances cost less.

    Nothing is lost: n points span n − 1 axes at most. A single column gets one of zeros beside it, without which the
    library refuses it.
    """
    rows, columns = points.shape
    if columns == 1:
        return np.concatenate([points, np.zeros_like(points)], axis=1)
    if columns <= rows:
        return points
    squares, axes = np.linalg.eigh(points @ points.T)
    kept = squares > NOTHING * squares[-1]
    return np.asarray(axes[:, kept] * np.sqrt(squares[kept]))


def n_tied(points: Array) -> int:
    """How many points have their two nearest neighbours at one distance, to float32's precision."""
    from sklearn.neighbors import NearestNeighbors

    distances, _ = NearestNeighbors(n_neighbors=2).fit(points).kneighbors()
    return int((distances[:, 1] - distances[:, 0] <= np.finfo(np.float32).eps * distances[:, 1]).sum())


def halves(points: Array, *, count: int, draws: np.random.Generator) -> Iterator[Array]:
    """Halves of the rows, drawn anew each time without replacement.

    For a statistic that is much like a mean of s²-varied terms, that of m of n given rows varies by s²/m · (1 − m/n),
    and that of n new rows by s²/n. Their ratio, m / (n − m), is 1 for halves: they vary as other data would, without
    the copies that a bootstrap makes.
    """
    for _ in range(count):
        yield points[draws.permutation(len(points))[: len(points) // 2]]
