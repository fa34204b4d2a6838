"""Improved precision and recall: who lies among whose nearest neighbours (Kynkäänniemi et al., 2019, eq. 1–3).

Each set covers the closed balls around its points that reach to their k-th nearest neighbour in the same set. Precision
is the share of generated points that the real set covers, recall the share of real ones that the generated set covers.
Both fall as dimensions grow and move with the number of points, so values of different n must not be compared.
"""

from __future__ import annotations

import math

import torch
from numpy.typing import NDArray
from torch import Tensor

from latentdim.metrics.context import Measured, MetricContext, MetricRefused
from latentdim.metrics.distances import blocks, centred, smallest
from latentdim.metrics.features.sets import features_of
from latentdim.metrics.neighbours import NeighboursFields

SUBSETS = 10
CENTRED_ON = 256  # points, at most


def improved_precision_recall(
    *, generated: Tensor | NDArray, reference: Tensor | NDArray, k: int = 3
) -> tuple[float, float]:
    """Precision and recall of a generated set.

    A point counts as covered unless float64 shows it to be outside. So identical points are always at distance 0, and
    those nearer to each other than about a millionth of their length can't be told apart.

    Args:
        generated: ``(N, d)``.
        reference: real vectors, ``(M, d)``.
        k: neighbours that a ball reaches over; the point itself doesn't count.

    Returns:
        Precision and recall, both in [0, 1].

    Raises:
        ValueError: if the shapes don't fit, a value isn't finite, or a set has fewer than k + 1 points.
    """
    made, real = centred(generated=generated, reference=reference)
    for points, name in ((made, "generated"), (real, "reference")):
        if len(points) <= k:
            raise ValueError(f"{name} has {len(points)} points; {k} nearest neighbours need at least {k + 1}")
    made_reach, real_reach = squared_radii(made, k), squared_radii(real, k)
    # Rounding can make a squared distance wrong by so much; less it, a point on a ball's surface is surely inside.
    made_squares, real_squares = (points.square().sum(dim=1) * (1.0 - _rounding(points)) for points in (made, real))
    covered = torch.zeros(len(made), dtype=torch.bool, device=made.device)
    recalled = torch.zeros(len(real), dtype=torch.bool, device=real.device)
    for rows, block in blocks(made, real, real_squares - real_reach):
        covered[rows] = block.amin(dim=1) <= -made_squares[rows]
        reach = (made_reach - made_squares)[rows, None]
        recalled |= block.sub_(reach).amin(dim=0) <= -real_reach
    return float(covered.double().mean()), float(recalled.double().mean())


def spreads_over_subsets(*, generated: Tensor, reference: Tensor, k: int = 3) -> tuple[float, float] | None:
    """Standard deviations of precision and recall over repeated draws of both sets.

    Every tenth point of either set makes one of ten disjoint subsets. Their own values have another bias, but it is the
    same for all ten, and their spread over √10 is near that of the whole.

    Returns:
        None where a subset would have fewer than k + 1 points.
    """
    if min(len(generated), len(reference)) // SUBSETS <= k:
        return None
    values = [
        improved_precision_recall(generated=generated[start::SUBSETS], reference=reference[start::SUBSETS], k=k)
        for start in range(SUBSETS)
    ]
    precision, recall = torch.tensor(values, dtype=torch.float64).std(dim=0) / SUBSETS**0.5
    return float(precision), float(recall)


def measure_precision(context: MetricContext) -> Measured:
    """Improved precision of generated examples' features; its spread comes from ten disjoint subsets."""
    return _of_context(context, place=0)


def measure_recall(context: MetricContext) -> Measured:
    """Improved recall of generated examples' features; its spread comes from ten disjoint subsets."""
    return _of_context(context, place=1)


def _of_context(context: MetricContext, *, place: int) -> Measured:
    """Precision (0) or recall (1), worked out once for both; of the larger set only as many as the smaller has."""
    made, real, about = features_of(context)
    n, k = min(len(made), len(real)), context.fields(NeighboursFields).neighbours
    key = f"neighbours/{'all' if context.axes is None else context.axes.tolist()}"
    if key not in context.shared:
        try:
            found = improved_precision_recall(generated=made[:n], reference=real[:n], k=k)
        except ValueError as refusal:
            raise MetricRefused(str(refusal)) from refusal
        spreads = spreads_over_subsets(generated=made[:n], reference=real[:n], k=k)
        context.shared[key] = torch.tensor([found, spreads or (torch.nan, torch.nan)], dtype=torch.float64)
    value, spread = context.shared[key][:, place].tolist()
    return Measured(value, n, None if math.isnan(spread) else spread, about | {"n": n, "k": k})


def squared_radii(points: Tensor, k: int) -> Tensor:
    """Squared distance of each point to its k-th nearest other point, rounded up, ``(N,)`` float64.

    They are worked out about the median of some of the points: near most of them, wherever a few lie.

    Args:
        points: ``(N, d)`` float64, N > k.
    """
    points = points - points[:: -(-len(points) // CENTRED_ON)].median(dim=0).values
    squares = points.square().sum(dim=1) * (1.0 + _rounding(points))
    radii = torch.empty_like(squares)
    for rows, block in blocks(points, points, squares):
        block.diagonal(rows.start).fill_(-torch.inf)  # the point itself comes first, even among copies of it
        radii[rows] = smallest(block, k + 1).amax(dim=1) + squares[rows]
    return radii


def _rounding(points: Tensor) -> float:
    """Bound on the relative error of sums of so many products, whatever their order."""
    return (points.shape[1] + 10) * torch.finfo(points.dtype).eps
