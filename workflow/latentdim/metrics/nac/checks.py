"""What the metrics are held against: references that share no code with them, and the order of the controls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentdim.conformance.checks import EXACT, Check, MetricChecks, Ranking, draws
from latentdim.metrics import normalised_absolute_covariance


def codes_with(covariance: ArrayLike) -> NDArray[np.float64]:
    """Codes whose sample covariance is exactly the given one, up to a factor."""
    matrix = np.asarray(covariance, dtype=np.float64)
    raw = draws("nac", len(matrix)).normal(size=(300, len(matrix)))
    white, _ = np.linalg.qr(raw - raw.mean(axis=0))
    return white @ np.linalg.cholesky(matrix).T + 3.0


def nac_of(covariance: ArrayLike, expected: float) -> Callable[[], float]:
    """Difference to the value worked out by hand."""
    return lambda: abs(normalised_absolute_covariance(codes_with(covariance)) - expected)


def nac_by_numpy() -> float:
    """Correlated codes, three of five axes chosen."""
    codes = draws("nac").normal(size=(500, 5)) @ draws("nac", "mix").normal(size=(5, 5))
    matrix = np.abs(np.cov(codes, rowvar=False))
    matrix = (matrix - matrix.min()) / (matrix.max() - matrix.min())
    chosen = np.array([True, False, True, True, False])
    kept = matrix[np.ix_(chosen, chosen)]
    expected = kept[~np.eye(3, dtype=bool)].mean()
    return float(abs(normalised_absolute_covariance(codes, chosen) - expected))


SPREADS = np.outer([1, 2, 3, 4], [1, 2, 3, 4]) * (0.5 + 0.5 * np.eye(4))

REFERENCES: tuple[Check, ...] = (
    Check(
        metrics=("nac",), reference="0.1 by hand", case="covariance [[1, .2, .1], [.2, 1, 0], [.1, 0, 1]]",
        deviation=nac_of([[1, 0.2, 0.1], [0.2, 1, 0], [0.1, 0, 1]], 0.1), tolerance=1e-12, reason=EXACT,
    ),
    Check(
        metrics=("nac",), reference="0.127778 by hand", case="standard deviations 1, 2, 3, 4, all correlations ½",
        deviation=nac_of(SPREADS, 0.127778), tolerance=5e-7, reason="the expected value has 6 decimals",
    ),
    Check(
        metrics=("nac",), reference="numpy.cov, normalised and averaged by hand", case="3 of 5 correlated axes",
        deviation=nac_by_numpy, tolerance=1e-12, reason=EXACT,
    ),
)  # fmt: skip

RANKINGS: tuple[Ranking, ...] = (
    Ranking(
        metrics=("nac",), rising=((("pca",), ("noise",)), (("pca",), ("oracle",))), refused=("constant",),
        why="PCA's codes of the examples that it was fitted on are uncorrelated, those of the others up to sampling",
    ),
)  # fmt: skip


def checks() -> MetricChecks:
    """References, rankings of the controls, and settings for tiny data."""
    return MetricChecks(
        references=REFERENCES,
        rankings=RANKINGS,
    )
