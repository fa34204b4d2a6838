"""What the metrics are held against: references that share no code with them, and the order of the controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from latentdim.conformance.checks import EXACT, Check, MetricChecks, Ranking, draws
from latentdim.metrics import kmeans_labels, silhouette_score

POINTS = np.array([[0.0], [1.0], [10.0], [11.0]])


def of_labels(labels: Sequence[int], expected: float) -> Callable[[], float]:
    """Four points on a line."""
    return lambda: abs(silhouette_score(POINTS, np.array(labels)) - expected)


def by_brute_force() -> float:
    """Every distance on its own; one cluster has a single point."""
    codes = draws("silhouette").normal(size=(40, 3))
    labels = np.array([0] * 15 + [1] * 24 + [2])
    scores = []
    for place, code in enumerate(codes):
        distances = np.array([np.sqrt(((code - other) ** 2).sum()) for other in codes])
        means = {c: distances[(labels == c) & (np.arange(40) != place)].mean() for c in range(3) if c != labels[place]}
        own = distances[(labels == labels[place]) & (np.arange(40) != place)]
        a, b = (own.mean() if len(own) else np.nan), min(means.values())
        scores.append((b - a) / max(a, b) if len(own) else 0.0)
    return float(abs(silhouette_score(codes, labels) - np.mean(scores)))


def null(dim: int, expected: float) -> Callable[[], float]:
    """k-means with k = 10 of 500 points of N(0, I)."""

    def deviation() -> float:
        codes = draws("silhouette", dim).normal(size=(500, dim))
        return abs(silhouette_score(codes, kmeans_labels(codes, 10, seed=1)) - expected)

    return deviation


DRAWS = "spread over draws of the points and starts of k-means"

REFERENCES: tuple[Check, ...] = (
    Check(
        metrics=("silhouette",), reference="0.899749 by hand", case="points 0, 1 and 10, 11 in two clusters",
        deviation=of_labels([0, 0, 1, 1], 0.899749), tolerance=5e-7, reason="the expected value has 6 decimals",
    ),
    Check(
        metrics=("silhouette",), reference="−0.45 by hand", case="clusters {0, 10} and {1, 11}",
        deviation=of_labels([0, 1, 0, 1], -0.45), tolerance=1e-12, reason=EXACT,
    ),
    Check(
        metrics=("silhouette",), reference="brute force", case="40 points, three clusters, one of a single point",
        deviation=by_brute_force, tolerance=1e-12, reason=EXACT,
    ),
    Check(
        metrics=("silhouette",), reference="0.329 by other code", case="k-means, k = 10, of N(0, I), d = 2",
        deviation=null(2, 0.329), tolerance=0.04, reason=DRAWS,
    ),
    Check(
        metrics=("silhouette",), reference="0.050 by other code", case="the same, d = 16",
        deviation=null(16, 0.050), tolerance=0.02, reason=DRAWS,
    ),
)  # fmt: skip

RANKINGS: tuple[Ranking, ...] = (
    Ranking(
        metrics=("silhouette",), refused=("constant",),
        why="k-means finds clusters in anything, more clearly in fewer dimensions: theory doesn't order codes by it",
    ),
)  # fmt: skip


def checks() -> MetricChecks:
    """References, rankings of the controls, and settings for tiny data."""
    return MetricChecks(
        references=REFERENCES,
        rankings=RANKINGS,
        small={"silhouette": {"n": 30, "clusters": 3}},
        other={"silhouette": {"n": 20, "clusters": 2}},
    )
