"""What the metrics are held against: references that share no code with them, and the order of the controls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.linalg
import torch
from numpy.typing import ArrayLike, NDArray
from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_features_to_statistics, fid_statistics_to_metric

from latentdim.conformance.checks import EXACT, Check, MetricChecks, Ranking, draws
from latentdim.metrics import frechet_distance, frechet_from_moments

FRECHET = (
    "frechet_distance", "fid", "fid_reconstruction", "frechet_classifier", "frechet_classifier_reconstruction",
    "frechet_pixels_pca", "frechet_pixels_pca_reconstruction",
)  # fmt: skip


CLIPPED = "clipped eigenvalues: relative to tr S₁ + tr S₂, torch-fidelity's own root isn't better"


def from_moments(expected: float, mean: ArrayLike, first: ArrayLike, second: ArrayLike) -> Callable[[], float]:
    """Difference to the closed form, the first Gaussian's mean being zero."""

    def deviation() -> float:
        shift, s1, s2 = (np.asarray(given, dtype=np.float64) for given in (mean, first, second))
        return abs(frechet_from_moments(np.zeros_like(shift), s1, shift, s2) - expected)

    return deviation


def correlated(n: int, d: int, name: str) -> NDArray[np.float64]:
    """Vectors of a Gaussian with a random covariance and mean."""
    draw = draws("frechet", name, d)
    return draw.normal(size=(n, d)) @ draw.normal(size=(d, d)) / d**0.5 + draw.normal(size=d)


def against_scipy() -> float:
    """Moments by numpy, the root by scipy's general routine; relative to the traces."""
    x, y = correlated(900, 48, "x"), correlated(700, 48, "y")
    s1, s2 = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    traces = np.trace(s1) + np.trace(s2)
    shift = x.mean(axis=0) - y.mean(axis=0)
    expected = shift @ shift + traces - 2.0 * np.trace(scipy.linalg.sqrtm(s1 @ s2)).real
    return float(abs(frechet_distance(x, y) - expected) / traces)


def against_torch_fidelity(n: int, d: int) -> Callable[[], float]:
    """The same float64 features; relative to the traces."""

    def deviation() -> float:
        x, y = correlated(n, d, "x"), correlated(n, d, "y")
        one, two = (fid_features_to_statistics(torch.from_numpy(values)) for values in (x, y))
        expected = fid_statistics_to_metric(one, two, verbose=False)[KEY_METRIC_FID]
        return float(abs(frechet_distance(x, y) - expected) / (np.trace(one["sigma"]) + np.trace(two["sigma"])))

    return deviation


def bias(d: int, n: int) -> Callable[[], float]:
    """Mean of three draws of two n-samples of N(0, I), relative to 2d/n + (d² + d)/2n."""

    def deviation() -> float:
        draw = draws("frechet", "bias", d, n)
        found = np.mean([frechet_distance(draw.normal(size=(n, d)), draw.normal(size=(n, d))) for _ in range(3)])
        return float(abs(found / (2 * d / n + (d * d + d) / (2 * n)) - 1.0))

    return deviation


REFERENCES: tuple[Check, ...] = (
    Check(
        metrics=FRECHET, reference="closed form |m|²", case="N(0, I) and N(m, I), |m|² = 5.25",
        deviation=from_moments(5.25, [2, 0.5, 1], np.eye(3), np.eye(3)), tolerance=1e-12, reason=EXACT,
    ),
    Check(
        metrics=FRECHET, reference="closed form 5 − 2√(3 + 2√1.5) = 0.331171563",
        case="covariances diag(2, 1) and [[1, ½], [½, 1]]",
        deviation=from_moments(0.331171563, [0, 0], np.diag([2, 1]), [[1, 0.5], [0.5, 1]]),
        tolerance=1e-9, reason="the expected value has 9 decimals",
    ),
    Check(
        metrics=FRECHET, reference="closed form 2", case="singular covariances diag(1, 0) and diag(0, 1)",
        deviation=from_moments(2.0, [0, 0], np.diag([1, 0]), np.diag([0, 1])), tolerance=1e-12, reason=EXACT,
    ),
    Check(
        metrics=FRECHET, reference="numpy.cov and scipy.linalg.sqrtm", case="900 and 700 correlated vectors, d = 48 "
        "(relative to the traces)", deviation=against_scipy, tolerance=1e-10,
        reason="full rank: two float64 routes, scipy's product isn't symmetric",
    ),
    Check(
        metrics=FRECHET, reference="torch-fidelity, the same float64 features", case="800 against 800, d = 64 "
        "(relative to the traces)", deviation=against_torch_fidelity(800, 64), tolerance=1e-6, reason=CLIPPED,
    ),
    Check(
        metrics=FRECHET, reference="torch-fidelity, the same float64 features", case="100 against 100, d = 192, rank "
        "99 (relative to the traces)", deviation=against_torch_fidelity(100, 192), tolerance=1e-6, reason=CLIPPED,
    ),
    Check(
        metrics=FRECHET, reference="expected bias 2d/n + (d² + d)/2n", case="two samples of one law, d = 16, n = 1000 "
        "(relative)", deviation=bias(16, 1000), tolerance=0.15,
        reason="one draw has a relative standard deviation of 0.1; the mean of three stays within 2.6 of its own",
    ),
)  # fmt: skip

RANKINGS: tuple[Ranking, ...] = (
    Ranking(
        metrics=("frechet_distance",), rising=((("pca", "noise"), ("oracle",), ("constant",)),),
        why="no Gaussian on L dimensions is nearer to the data's than PCA's; noise codes share its prior and decoder; "
        "a single point is as far as the data's whole variance",
    ),
)  # fmt: skip


def checks() -> MetricChecks:
    """References, rankings of the controls, and settings for tiny data."""
    return MetricChecks(
        references=REFERENCES,
        rankings=RANKINGS,
    )
