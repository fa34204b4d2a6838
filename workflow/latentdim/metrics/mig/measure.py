"""MIG, the mutual information gap (Chen et al., 2018), as disentanglement_lib estimates it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from latentdim.metrics.context import Floor, Measured, MetricContext, MetricRefused
from latentdim.metrics.factor_codes import chosen_positions, factor_codes, factor_space_of, random_levels, varying_axes
from latentdim.metrics.mig import MigFields

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

PARTS = 10  # of the images, for the spread
LEAST_IN_PART = 100  # images; smaller parts say little of the whole
SHUFFLES = 5


@dataclass(frozen=True)
class Informations:
    """What the gap is made of.

    Attributes:
        mutual: between every axis and factor, ``(L, F)``, in nats.
        entropies: of the factors, ``(F,)``, in nats; 0 for one that doesn't vary.
    """

    mutual: NDArray[np.float64]
    entropies: NDArray[np.float64]

    @property
    def gaps(self) -> NDArray[np.float64]:
        """Largest minus second largest information about each factor that varies, over its entropy.

        With a single axis the second is 0.
        """
        mutual, entropies = self.mutual[:, self.entropies > 0], self.entropies[self.entropies > 0]
        ordered = np.sort(np.concatenate([np.zeros((1, mutual.shape[1])), mutual]), axis=0)
        gaps: NDArray[np.float64] = ((ordered[-1] - ordered[-2]) / entropies).clip(max=1.0)  # beyond it lies rounding
        return gaps


def mutual_information_gap(codes: ArrayLike, levels: ArrayLike, bins: int = 20) -> float:
    """How much more the best axis tells of a factor than the second best, over the factor's entropy, averaged.

    Each axis is cut into bins of equal width between its least and its largest code; mutual informations come from the
    tables of counts. Factors that don't vary have no entropy and are left out; a constant axis tells nothing, so
    constant codes give 0. With a single axis there is no second best, and 0 stands for it.

    Even one factor per axis gives less than 1 where a factor has more levels than there are bins, or where the levels
    straddle them: 0.9024 on the whole factor space of dSprites (0.896 from 10,000 random images of it). The original
    estimator samples the posterior and gives other numbers.

    Args:
        codes: ``(N, L)``, finite.
        levels: of the factors, whole numbers, ``(N, F)``; row i belongs to code i.
        bins: for each axis.

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: if the shapes don't fit, a code isn't finite, a level isn't whole, or no factor varies.
    """
    return float(informations(codes, levels, bins=bins).gaps.mean())


def informations(codes: ArrayLike, levels: ArrayLike, *, bins: int = 20) -> Informations:
    """Mutual information of every axis and factor, and the factors' entropies; see :func:`mutual_information_gap`."""
    z, given = np.asarray(codes, dtype=np.float64), np.asarray(levels)
    if z.ndim != 2 or given.ndim != 2 or len(z) != len(given) or not z.size or bins < 2:
        raise ValueError(f"codes {z.shape} and levels {given.shape}, {bins} bins: (N, L), (N, F) and 2 or more needed")
    if not np.isfinite(z).all() or not (given == np.floor(given)).all():
        raise ValueError("codes must be finite and levels whole numbers")
    classes = [np.unique(column, return_inverse=True)[1] for column in given.T]
    entropies = np.array([_entropy(np.bincount(column)) for column in classes])
    if not (entropies > 0).any():
        raise ValueError("no factor varies, so there is nothing to be informed of")
    cut = _binned(z, bins)
    return Informations(np.array([[_mutual(axis, column) for column in classes] for axis in cut.T]), entropies)


def measure(context: MetricContext) -> Measured:
    """MIG of the posterior means of random images of the factor space.

    Its spread comes from ten parts of the images, as their standard deviation over √10: parts are more biased than the
    whole, but alike. The floor is the mean over five shuffles of the codes among the images: of few images an axis
    seems to tell of a factor by chance alone.

    Raises:
        MetricRefused: if the codes are constant on the chosen axes, or fewer than two axes are chosen.
    """
    settings, positions, space = context.fields(MigFields).mig, chosen_positions(context), factor_space_of(context)
    draws = context.draws("mig")
    levels = random_levels(space.sizes, settings.n, draws=draws)
    if "mig/codes" not in context.shared:
        context.shared["mig/codes"] = torch.from_numpy(factor_codes(context, levels))
    codes = context.shared["mig/codes"].numpy()[:, positions]
    varying = varying_axes(codes.min(axis=0), codes.max(axis=0))
    if not varying.any():
        raise MetricRefused("constant codes: they tell nothing of any factor")
    if len(positions) < 2:
        raise MetricRefused("a gap lies between two axes, and a single one is chosen")
    found = informations(codes, levels, bins=settings.bins)
    varied = [name for name, entropy in zip(space.names, found.entropies, strict=True) if entropy > 0]
    detail = {
        "gaps": dict(zip(varied, found.gaps.tolist(), strict=True)),
        "information": found.mutual.tolist(),
        "entropies": found.entropies.tolist(),
        "axes": positions.tolist(),
        "constant_axes": positions[~varying].tolist(),
    }
    orders = [draws.permutation(len(codes)).cpu().numpy() for _ in range(SHUFFLES)]
    by_chance = [mutual_information_gap(codes[order], levels, settings.bins) for order in orders]
    floor = Floor.over(by_chance, "the same codes dealt out to other images")
    return Measured(float(found.gaps.mean()), settings.n, _spread(codes, levels, settings.bins), detail, floor)


def _spread(codes: NDArray[np.float32], levels: NDArray[np.int64], bins: int) -> float | None:
    if len(codes) < PARTS * LEAST_IN_PART:
        return None
    parts = zip(np.array_split(codes, PARTS), np.array_split(levels, PARTS), strict=True)
    return float(np.std([mutual_information_gap(z, given, bins) for z, given in parts], ddof=1)) / PARTS**0.5


def _binned(codes: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    """Bin of each code on its axis, 0 … bins − 1, ``(N, L)``; a code on an edge belongs to the bin above it."""
    smallest, largest = codes.min(axis=0), codes.max(axis=0)
    cut = np.zeros(codes.shape, dtype=np.int64)
    for axis in np.flatnonzero(varying_axes(smallest, largest)):
        edges = np.linspace(smallest[axis], largest[axis], bins + 1)[:-1]
        cut[:, axis] = np.searchsorted(edges, codes[:, axis], side="right") - 1
    return cut


def _entropy(counts: NDArray[np.int64]) -> float:
    """Entropy in nats of the shares that counts stand for."""
    shares = counts[counts > 0] / counts.sum()
    return max(0.0, -float((shares * np.log(shares)).sum()))


def _mutual(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Mutual information in nats of two columns of whole numbers from 0."""
    width = int(second.max()) + 1
    table = np.bincount(first * width + second, minlength=(int(first.max()) + 1) * width).reshape(-1, width)
    both = _entropy(table.ravel())
    return max(0.0, _entropy(table.sum(axis=1)) + _entropy(table.sum(axis=0)) - both)
