"""Precision and recall for distributions, PRD (Sajjadi et al., 2018, eq. 4–7 and algorithm 1).

Both sets are clustered together; their histograms over the clusters give a curve of precision against recall, whose
largest F_⅛ stands for precision and largest F_8 for recall. With F_8 precision weighs 1/65 only: this recall stays near
1 where half of the generated examples are junk, so it isn't on the scale of the improved recall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans
from torch import Tensor

from latentdim.metrics.context import Measured, MetricContext, MetricRefused
from latentdim.metrics.features.sets import features_of
from latentdim.metrics.prd import PrdFields
from latentdim.system.seeds import seed_of, stream

BETA = 8.0
EDGE = 1e-10  # of the angles at 0 and π/2, where the slope is 0 or infinite; the released code's
N_INIT = 10
RESAMPLES = 50


@dataclass(frozen=True)
class Prd:
    """Precision and recall of one set, and the curve behind them.

    Attributes:
        precision: largest F_⅛ of the curve.
        recall: largest F_8 of the curve.
        precision_spread, recall_spread: their standard deviations over both sets drawn anew from themselves
            (bootstrap), within the same clusters.
        curve: precision and recall at each angle, ``(2, angles)`` float64, averaged over the clusterings.
    """

    precision: float
    recall: float
    precision_spread: float
    recall_spread: float
    curve: NDArray[np.float64]


def prd_curve(*, evaluated: NDArray, reference: NDArray, angles: int = 1001) -> NDArray[np.float64]:
    """Precision and recall at evenly spaced angles, from histograms.

    At slope λ precision is Σ min(λ · reference, evaluated) over the bins, recall the same over λ.

    Args:
        evaluated: counts or shares of the generated set, ``(…, bins)``.
        reference: those of the real set, same shape.

    Returns:
        ``(2, …, angles)``, float64 in [0, 1]: precision rises, recall falls along the angles.

    Raises:
        ValueError: if the shapes differ, or a histogram has a negative or infinite entry or none above 0.
    """
    made, real = (np.asarray(histogram, dtype=np.float64) for histogram in (evaluated, reference))
    if made.shape != real.shape:
        raise ValueError(f"evaluated has shape {made.shape} but reference {real.shape}")
    for histogram, name in ((made, "evaluated"), (real, "reference")):
        if not (np.isfinite(histogram).all() and (histogram >= 0).all() and (histogram.sum(axis=-1) > 0).all()):
            raise ValueError(f"{name} is no histogram: finite counts from 0 up are needed, not all of them 0")
    made, real = (histogram / histogram.sum(axis=-1, keepdims=True) for histogram in (made, real))
    slopes = np.tan(np.linspace(EDGE, np.pi / 2 - EDGE, angles))
    precision = np.minimum(slopes[:, None] * real[..., None, :], made[..., None, :]).sum(axis=-1)
    return np.clip(np.stack([precision, precision / slopes]), 0.0, 1.0)


def max_f(curve: NDArray, *, beta: float) -> NDArray[np.float64]:
    """Largest F_β of each curve: β above 1 favours recall.

    Args:
        curve: precision and recall, ``(2, …, angles)``.

    Returns:
        ``(…)`` in [0, 1].
    """
    precision, recall = np.asarray(curve, dtype=np.float64)
    scores = (1 + beta**2) * precision * recall / (beta**2 * precision + recall + 1e-10)
    highest: NDArray[np.float64] = scores.max(axis=-1)
    return highest


def prd_of_features(
    *,
    evaluated: Tensor | NDArray,
    reference: Tensor | NDArray,
    clusters: int = 20,
    angles: int = 1001,
    runs: int = 10,
    batch: int = 100,
    seed: int = 0,
) -> Prd:
    """Precision and recall of a generated set, through mini-batch k-means of both sets together.

    Of the larger set only the first examples count, as many as the smaller one has. The maxima are taken on the curve
    averaged over the clusterings, which lies a little below the mean of their own maxima.

    Args:
        evaluated: generated vectors, ``(N, d)``.
        reference: real vectors, ``(M, d)``.
        clusters: of k-means. It may leave some empty.
        runs: clusterings, each from 10 starts.
        batch: examples in a mini-batch of k-means, which moves the values.
        seed: of the clusterings and the bootstrap.

    Raises:
        ValueError: if the shapes don't fit, a value isn't finite, all vectors are equal, or there are fewer than
            clusters in a set.
    """
    both = _stacked(evaluated, reference, clusters)
    n, k = len(both) // 2, clusters
    draw = stream("prd", seed, "bootstrap")
    weights = [np.stack([np.ones(n), *_bootstrap(draw, n)]) for _ in range(2)]
    curves = np.zeros((2, RESAMPLES + 1, angles))
    for run in range(runs):
        state = seed_of("prd", seed, run) % 2**32
        means = MiniBatchKMeans(n_clusters=k, n_init=N_INIT, batch_size=batch, random_state=state).fit(both)
        members = np.eye(k)[means.labels_]
        made, real = weights[0] @ members[:n], weights[1] @ members[n:]
        curves += prd_curve(evaluated=made, reference=real, angles=angles) / runs
    precision, recall = max_f(curves, beta=1 / BETA), max_f(curves, beta=BETA)
    spread, recall_spread = (float(scores[1:].std(ddof=1)) for scores in (precision, recall))
    return Prd(float(precision[0]), float(recall[0]), spread, recall_spread, curves[:, 0])


def measure_precision(context: MetricContext) -> Measured:
    """Largest F_⅛ of generated against real examples' features; its spread is a bootstrap's over both sets."""
    found, detail = _of_context(context)
    return Measured(found[0], detail["n"], found[2], detail)


def measure_recall(context: MetricContext) -> Measured:
    """Largest F_8 of generated against real examples' features; its spread is a bootstrap's over both sets."""
    found, detail = _of_context(context)
    return Measured(found[1], detail["n"], found[3], detail)


def _of_context(context: MetricContext) -> tuple[list[float], dict[str, Any]]:
    """Precision, recall and their spreads, worked out once for the two metrics."""
    made, real, about = features_of(context)
    key = f"prd/{'all' if context.axes is None else context.axes.tolist()}"
    if key not in context.shared:
        settings, seed = context.fields(PrdFields).prd.model_dump(), int(context.draws("prd").integers(2**31, ()))
        try:
            found = prd_of_features(evaluated=made, reference=real, seed=seed, **settings)
        except ValueError as refusal:
            raise MetricRefused(str(refusal)) from refusal
        numbers = (found.precision, found.recall, found.precision_spread, found.recall_spread)
        context.shared[key] = torch.tensor(numbers, dtype=torch.float64)
    values: list[float] = context.shared[key].tolist()
    return values, about | {"n": min(len(made), len(real))}


def _stacked(evaluated: Tensor | NDArray, reference: Tensor | NDArray, clusters: int) -> NDArray[np.float64]:
    """Both sets, equally many of each, about their common mean: k-means loses digits far from 0."""
    made, real = (torch.as_tensor(given).detach().cpu().numpy() for given in (evaluated, reference))
    if made.ndim != 2 or made.shape[1:] != real.shape[1:]:
        raise ValueError(f"evaluated has shape {made.shape} but reference {real.shape}; (N, d) and (M, d) are needed")
    n = min(len(made), len(real))
    if n < clusters:
        raise ValueError(f"{n} vectors a set are too few for {clusters} clusters")
    both = np.concatenate([made[:n], real[:n]]).astype(np.float64)
    if not np.isfinite(both).all():
        raise ValueError("evaluated or reference holds NaN or infinity")
    if (both == both[0]).all():
        raise ValueError("all vectors are equal, so there is nothing to cluster")
    both -= both.mean(axis=0)
    return both


def _bootstrap(draw: np.random.Generator, n: int) -> list[NDArray[np.float64]]:
    """How often each of n examples comes up when n are drawn from them, for each resample."""
    return [np.bincount(draw.integers(n, size=n), minlength=n).astype(np.float64) for _ in range(RESAMPLES)]
