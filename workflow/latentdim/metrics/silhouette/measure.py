"""Silhouette score of codes: how well they fall into clusters (Rousseeuw, 1987; ALD-VAE, section 3).

The score of k-means' own clusters rises when dimensions are removed, with no structure in the codes at all: ten
clusters of 500 standard normal points score .01 in 64 dimensions and .33 in two. That null score is each value's floor.
"""

from __future__ import annotations

import numpy as np
import sklearn.metrics
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from torch import Tensor

from latentdim.metrics.context import Floor, Measured, MetricContext, MetricRefused
from latentdim.metrics.silhouette import Silhouette, SilhouetteFields
from latentdim.nets.draws import Draws
from latentdim.training.data import Split

N_INIT = 10
CONSTANT = 1e-6  # of the largest code: smaller differences are float32's rounding
REPEATS = 5  # of examples for the spread, and of normal points for the null score


def silhouette_score(codes: Tensor | NDArray, labels: Tensor | NDArray) -> float:
    """Mean of (b − a) / max(a, b) over the codes, in scikit-learn's implementation.

    a is a code's mean Euclidean distance to the others of its cluster, b the smallest mean distance to another cluster;
    a code alone in its cluster counts 0.

    Args:
        codes: ``(N, L)``.
        labels: of the clusters, ``(N,)`` integers.

    Returns:
        A number in [−1, 1].

    Raises:
        ValueError: if the shapes don't fit, codes aren't finite or all equal, or there are fewer than 2 clusters or as
            many as codes.
    """
    exact, clusters = _checked(codes), torch.as_tensor(labels).cpu().numpy()
    if clusters.shape != exact.shape[:1]:
        raise ValueError(f"there are {len(exact)} codes but labels have shape {clusters.shape}")
    n_clusters = len(np.unique(clusters))
    if not 2 <= n_clusters < len(exact):
        raise ValueError(f"{n_clusters} clusters of {len(exact)} codes have no silhouette: from 2 to N − 1 are needed")
    return float(sklearn.metrics.silhouette_score(exact, clusters))


def kmeans_labels(codes: Tensor | NDArray, clusters: int, *, seed: int = 0) -> NDArray[np.int64]:
    """The cluster of each code by k-means from 10 starts, ``(N,)`` in 0 … clusters − 1.

    Raises:
        ValueError: if codes aren't finite or all equal, or fewer than ``clusters`` of them differ.
    """
    exact = _checked(codes)
    distinct = len(np.unique(exact, axis=0))
    if distinct < clusters:
        raise ValueError(f"{distinct} different codes can't form {clusters} clusters")
    fitted = KMeans(n_clusters=clusters, n_init=N_INIT, random_state=seed).fit(exact)
    labels: NDArray[np.int64] = fitted.labels_.astype(np.int64)
    return labels


def measure(context: MetricContext) -> Measured:
    """Score of the codes of random examples of the split on the chosen axes, under k-means' labels or their classes.

    Its spread is the standard deviation over up to five disjoint draws of as many examples, where the split has them;
    the value is the first draw's. The floor is the mean score of standard normal points, as many and of the same
    dimension, with labels found in the same way (under classes it is about 0).
    """
    settings, split = context.fields(SilhouetteFields).silhouette, context.data.split(context.evaluation.split)
    clusters = _n_clusters(split, settings)
    n = min(settings.n, len(split))
    repeats = min(REPEATS, len(split) // n) if n else 0
    draws = context.draws("silhouette")
    order = draws.permutation(len(split))[: repeats * n]
    codes = context.codes(Split(split.values[order]), sample="silhouette codes" if settings.sample else None)
    codes = codes if context.axes is None else codes[:, context.axes]
    classes = split.labels[order] if settings.labels == "classes" and split.labels is not None else None
    normal = draws.normal((REPEATS * n, codes.shape[1]))
    try:
        scores = _scores(codes, classes, n, clusters, draws)
        null = _scores(normal, None if classes is None else classes[:n].repeat(REPEATS), n, clusters, draws)
    except ValueError as refusal:
        raise MetricRefused(str(refusal)) from refusal
    facts = {"clusters": clusters, "labels": settings.labels, "dim": codes.shape[1], "draws": scores}
    floor = Floor.over(null, "standard normal points of that dimension, which have no clusters")
    return Measured(scores[0], n, float(np.std(scores, ddof=1)) if repeats > 1 else None, facts, floor)


def _scores(codes: Tensor, classes: Tensor | None, n: int, clusters: int, draws: Draws) -> list[float]:
    """Scores of each n codes in turn; without classes k-means labels them, afresh each time."""
    found = []
    for start in range(0, len(codes), n):
        part = codes[start : start + n]
        seed = int(draws.integers(2**31, ()))
        labels = kmeans_labels(part, clusters, seed=seed) if classes is None else classes[start : start + n]
        found.append(silhouette_score(part, labels))
    return found


def _n_clusters(split: Split, settings: Silhouette) -> int:
    if not len(split):
        raise MetricRefused("the split has no examples")
    classes = None if split.labels is None else len(split.labels.unique())
    if settings.labels == "classes" and classes is None:
        raise MetricRefused("the examples have no classes (silhouette.labels)")
    clusters = classes if settings.labels == "classes" else settings.clusters or classes
    if clusters is None:
        raise MetricRefused("the examples have no classes, so silhouette.clusters must say how many clusters to make")
    return clusters


def _checked(codes: Tensor | NDArray) -> NDArray[np.float64]:
    """Codes in float64 about their mean."""
    exact = torch.as_tensor(codes).detach().cpu().numpy().astype(np.float64)
    if exact.ndim != 2 or not exact.size or not np.isfinite(exact).all():
        raise ValueError(f"codes have shape {exact.shape}; a finite matrix (N, L) with N and L above 0 is needed")
    centred: NDArray[np.float64] = exact - exact.mean(axis=0)
    if np.abs(centred).max() <= CONSTANT * np.abs(exact).max():
        raise ValueError("the codes are constant")
    return centred
