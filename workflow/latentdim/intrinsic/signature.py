"""What a set of points looks like to its nearest neighbours: two numbers that the intrinsic dimension is read from.

Two things concentrate as the dimension grows. Distances to neighbours draw together, which Gride (Denti et al. 2022)
reads from those to the neighbours of orders 4 and 8: further ones see curvature and edges, nearer ones noise and ties.
And directions draw towards a right angle: the mean square of the cosine of two is 1/d where they are isotropic, as in
the expected simplex skewness of Johnsson et al. (2015).

The two err differently. Distances tell too little of a large d, since its neighbours are far, and too little near
edges; how much hangs on d and the number of rows, so it is corrected (:mod:`latentdim.intrinsic.calibration`).
Directions are right to a few hundredths on flat data of any d and need no correction; bent data make them too many.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

NEARER, FARTHER = 4, 8  # orders of the neighbours whose distances are compared
NEIGHBOURS = 8  # whose directions are
CENTRES = 1000  # points whose neighbours' directions are looked at


class Signature(NamedTuple):
    """The dimension of ``rows`` points as two properties of theirs tell it, neither corrected."""

    distances: float
    directions: float
    rows: int


class UnreadableNeighbours(Exception):
    """Neighbours' distances or directions are all alike, as those of one-hot rows, so that no dimension is in them."""


def signature(points: Array) -> Signature:
    """The signature of points ``(n, columns)``: distinct rows in a random order, more than ``NEIGHBOURS`` of them.

    Raises:
        UnreadableNeighbours: if there is none.
    """
    from skdim.id import GRIDE

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tied distances, which it leaves out
        try:
            distances = float(GRIDE(n1=NEARER, n2=FARTHER).fit(points).dimension_)
        except (ValueError, IndexError):  # none, or a single one, is left
            raise UnreadableNeighbours from None
    made = Signature(distances, directions(points), len(points))
    if not (0.0 < made.distances < math.inf and 0.0 < made.directions < math.inf):
        raise UnreadableNeighbours
    return made


def directions(points: Array) -> float:
    """One over the mean squared cosine between differences of a point's nearest neighbours.

    Each neighbour stands in one difference, so that a direction which all of them share, as inwards from an edge,
    doesn't count.
    """
    from sklearn.neighbors import NearestNeighbors

    centres = points[:CENTRES]
    orders = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(points).kneighbors(centres, return_distance=False)
    steps = points[orders[:, 1::2]] - points[orders[:, 2::2]]
    steps /= np.linalg.norm(steps, axis=2, keepdims=True)
    n_steps = NEIGHBOURS // 2
    squares = float(np.square(steps @ steps.transpose(0, 2, 1)).sum()) - len(centres) * n_steps
    return len(centres) * n_steps * (n_steps - 1) / squares if squares > 0.0 else math.inf
