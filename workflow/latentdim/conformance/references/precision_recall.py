"""Precision and recall: PRD's curve against hand-made histograms, the improved pair against torch-fidelity."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch_fidelity.metric_prc import calculate_precision_recall_full

from latentdim.conformance.references.check import EXACT, Check, draws
from latentdim.metrics import improved_precision_recall, max_f, prd_curve, prd_of_features

PRD = ("prd_precision", "prd_recall")
IMPROVED = ("improved_precision", "improved_recall")


def curve_of(
    evaluated: Sequence[float], reference: Sequence[float], *, recall: float, precision: float
) -> Callable[[], float]:
    """How far the two maxima of the curve are from the expected ones."""

    def deviation() -> float:
        curve = prd_curve(evaluated=np.array(evaluated), reference=np.array(reference), angles=1001)
        return float(max(abs(max_f(curve, beta=8.0) - recall), abs(max_f(curve, beta=1 / 8) - precision)))

    return deviation


def overlap() -> float:
    """At λ = 1, the middle angle, precision and recall are the histograms' total overlap."""
    made, real = (draws("prd", name).dirichlet(np.ones(20)) for name in ("made", "real"))
    curve = prd_curve(evaluated=made, reference=real, angles=1001)
    return float(np.abs(curve[:, 500] - np.minimum(made, real).sum()).max())


def through_clusters(made: NDArray[np.float64], real: NDArray[np.float64], *, recall: float, precision: float) -> float:
    """The same after k-means."""
    found = prd_of_features(evaluated=made, reference=real, runs=2)
    return max(abs(found.recall - recall), abs(found.precision - precision))


def missing_modes() -> float:
    """Generated points miss 5 of 10 separated modes: recall about ½ of what F_8 leaves, precision near 1."""
    draw = draws("prd", "modes")
    centres = 50.0 * np.eye(10, 16)
    real = centres[draw.integers(0, 10, size=1000)] + draw.normal(size=(1000, 16))
    made = centres[draw.integers(0, 5, size=1000)] + draw.normal(size=(1000, 16))
    return through_clusters(made, real, recall=0.50, precision=0.97)


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


SIX = "the expected values have 6 decimals"

PRECISION_RECALL: Sequence[Check] = (
    Check(
        metrics=PRD, reference="1 and 1 by definition", case="equal histograms",
        deviation=curve_of([0.2, 0.8], [0.2, 0.8], recall=1, precision=1), tolerance=1e-9,
        reason="10⁻¹⁰ in the denominator of F",
    ),
    Check(
        metrics=PRD, reference="0 and 0 by definition", case="disjoint histograms",
        deviation=curve_of([0, 1], [1, 0], recall=0, precision=0), tolerance=1e-12, reason=EXACT,
    ),
    Check(
        metrics=PRD, reference="F_8 0.984829, F_⅛ 0.503863 by other code", case="(½, ½) against (1, 0)",
        deviation=curve_of([0.5, 0.5], [1, 0], recall=0.984829, precision=0.503863), tolerance=1e-6, reason=SIX,
    ),
    Check(
        metrics=PRD, reference="the two numbers swapped", case="(1, 0) against (½, ½)",
        deviation=curve_of([1, 0], [0.5, 0.5], recall=0.503863, precision=0.984829), tolerance=1e-6, reason=SIX,
    ),
    Check(
        metrics=PRD, reference="0.955685 twice by other code", case="(.2, .8) against (.8, .2)",
        deviation=curve_of([0.2, 0.8], [0.8, 0.2], recall=0.955685, precision=0.955685), tolerance=1e-6, reason=SIX,
    ),
    Check(
        metrics=PRD, reference="m twice by definition", case="(m, 1 − m, 0) against (m, 0, 1 − m), m = 0.3",
        deviation=curve_of([0.3, 0.7, 0], [0.3, 0, 0.7], recall=0.3, precision=0.3), tolerance=1e-6,
        reason="10⁻¹⁰ in the denominator of F, and angles that don't meet the corner",
    ),
    Check(
        metrics=PRD, reference="the histograms' overlap", case="the curve at λ = 1", deviation=overlap,
        tolerance=1e-12, reason=EXACT,
    ),
    Check(
        metrics=PRD, reference="0.50 and 0.97 by other code", case="generated points miss 5 of 10 modes",
        deviation=missing_modes, tolerance=0.03, reason="k-means' start; precision came out as 0.96 to 0.98",
    ),
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
