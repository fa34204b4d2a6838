"""What the metrics are held against: references that share no code with them, and the order of the controls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch_fidelity.metric_prc import calculate_precision_recall_full

from latentdim.conformance.checks import Check, MetricChecks, Ranking, draws
from latentdim.metrics import improved_precision_recall

IMPROVED = ("improved_precision", "improved_recall")


def sets(n: int, d: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two Gaussian sets, the second one wider and moved."""
    return draws("prc", "made").normal(size=(n, d)), 1.2 * draws("prc", "real").normal(size=(n + 50, d)) + 0.2


def by_torch_fidelity() -> float:
    """600 generated against 650 real points in 12 dimensions, k = 1, 3, 5, float64."""
    made, real = sets(600, 12)
    deviations = []
    for k in (1, 3, 5):
        expected = calculate_precision_recall_full(torch.from_numpy(made), torch.from_numpy(real), neighborhood=k)
        found = improved_precision_recall(generated=made, reference=real, k=k)
        deviations += [abs(a - b) for a, b in zip(found, expected, strict=True)]
    return max(deviations)


def by_brute_force() -> float:
    """Every pair's distance on its own, few points."""
    made, real = sets(60, 3)
    distance = np.linalg.norm
    reach = {
        name: [sorted(distance(points - point, axis=1))[3] for point in points]
        for name, points in (("made", made), ("real", real))
    }
    precision = np.mean([(distance(real - point, axis=1) <= reach["real"]).any() for point in made])
    recall = np.mean([(distance(made - point, axis=1) <= reach["made"]).any() for point in real])
    found = improved_precision_recall(generated=made, reference=real, k=3)
    return float(max(abs(found[0] - precision), abs(found[1] - recall)))


def improved_of(kind: str, precision: float, recall: float) -> Callable[[], float]:
    """Sets whose precision and recall are plain."""

    def deviation() -> float:
        real = draws("prc", kind).normal(size=(300, 8))
        made = {"identical": real, "far": real + 100.0, "collapsed": np.repeat(real[:1] * 0.0, 300, axis=0)}[kind]
        found = improved_precision_recall(generated=made, reference=real, k=3)
        return max(abs(found[0] - precision), abs(found[1] - recall))

    return deviation


REFERENCES: tuple[Check, ...] = (
    Check(
        metrics=IMPROVED, reference="torch-fidelity, the same float64 features", case="600 and 650 points, d = 12, k = "
        "1, 3, 5", deviation=by_torch_fidelity, tolerance=1e-7, reason="shares of points, kept in float32 there",
    ),
    Check(
        metrics=IMPROVED, reference="brute force over all pairs", case="60 and 110 points, d = 3",
        deviation=by_brute_force, tolerance=0, reason="shares of points",
    ),
    Check(
        metrics=IMPROVED, reference="1 and 1 by definition", case="identical sets",
        deviation=improved_of("identical", 1, 1), tolerance=0, reason="shares of points",
    ),
    Check(
        metrics=IMPROVED, reference="0 and 0 by definition", case="far apart", deviation=improved_of("far", 0, 0),
        tolerance=0, reason="shares of points",
    ),
    Check(
        metrics=IMPROVED, reference="1 and 0 by definition", case="collapsed onto one point inside the real set",
        deviation=improved_of("collapsed", 1, 0), tolerance=0, reason="shares of points",
    ),
)  # fmt: skip

RANKINGS: tuple[Ranking, ...] = (
    Ranking(
        metrics=("improved_recall",), rising=((("pca", "noise"),),), exact={"constant": 0.0},
        why="balls around one repeated point have no extent, so they cover nothing; noise codes sample as PCA does",
    ),
    Ranking(
        metrics=("improved_precision",), rising=((("pca", "noise"),),),
        why="noise codes sample as PCA does; whether the mean example is a likely one depends on the data",
    ),
)  # fmt: skip


def checks() -> MetricChecks:
    """References, rankings of the controls, and settings for tiny data."""
    return MetricChecks(
        references=REFERENCES,
        rankings=RANKINGS,
        other={"neighbours": 2},
    )
