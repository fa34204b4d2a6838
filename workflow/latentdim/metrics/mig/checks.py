"""What the metrics are held against: references that share no code with them, and the order of the controls."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import mutual_info_score

from latentdim.conformance.checks import EXACT, Check, MetricChecks, Ranking, draws
from latentdim.metrics import mutual_information_gap

DSPRITES, SHAPES3D = (3, 6, 40, 32, 32), (10, 10, 10, 8, 4, 15)


Levels = NDArray[np.int64]


def whole(sizes: Sequence[int]) -> Levels:
    """Every combination of levels, ``(N, F)``."""
    return np.stack(np.unravel_index(np.arange(math.prod(sizes)), sizes), axis=1)


def ceiling(sizes: Sequence[int], expected: float) -> Callable[[], float]:
    """One factor per axis over a whole factor space."""
    return lambda: abs(mutual_information_gap(whole(sizes), whole(sizes)) - expected)


def images(n: int, expected: float) -> Callable[[], float]:
    """One factor per axis over random images of dSprites' factor space."""
    levels = draws("mig", n).integers(0, DSPRITES, size=(n, len(DSPRITES)))
    return lambda: abs(mutual_information_gap(levels, levels) - expected)


def mig_of(kind: str) -> float:
    """Largest score of codes that should score nothing."""
    levels = draws("mig", kind).integers(0, DSPRITES, size=(10_000, len(DSPRITES)))
    codes = {
        "duplicated": np.tile(levels, 2).astype(float),
        "constant": np.full((10_000, 3), 0.7),
        "independent": draws("mig", "noise").normal(size=(10_000, 10)),
    }
    return mutual_information_gap(codes[kind], levels)


def mig_by_scikit_learn() -> float:
    """Mixed and noisy codes; bins from numpy's histogram."""
    levels = draws("mig", "mixed").integers(0, (3, 6, 7), size=(3000, 3))
    codes = levels @ draws("mig", "mix").normal(size=(3, 5)) + 0.7 * draws("mig", "blur").normal(size=(3000, 5))
    cut = [np.digitize(axis, np.histogram(axis, 20)[1][:-1]) for axis in codes.T]
    gaps = []
    for factor in levels.T:
        shared = sorted(mutual_info_score(axis, factor) for axis in cut)
        gaps.append((shared[-1] - shared[-2]) / mutual_info_score(factor, factor))
    return float(abs(mutual_information_gap(codes, levels, 20) - np.mean(gaps)))


DECIMALS = "the expected value has 4 decimals"

REFERENCES: tuple[Check, ...] = (
    Check(
        metrics=("mig",), reference="sklearn.metrics.mutual_info_score", case="mixed, noisy codes of 3 factors",
        deviation=mig_by_scikit_learn, tolerance=1e-12, reason=EXACT,
    ),
    Check(
        metrics=("mig",), reference="ceiling 0.9024: 40 and 32 levels in 20 bins", case="factors as codes, dSprites' "
        "whole factor space", deviation=ceiling(DSPRITES, 0.9024), tolerance=5e-5, reason=DECIMALS,
    ),
    Check(
        metrics=("mig",), reference="1 by definition", case="factors as codes, 3D Shapes' whole factor space",
        deviation=ceiling(SHAPES3D, 1.0), tolerance=1e-12, reason=EXACT,
    ),
    Check(
        metrics=("mig",), reference="0.8956 by other code", case="factors as codes, 10,000 random images",
        deviation=images(10_000, 0.8956), tolerance=0.0012, reason="four standard deviations over draws of images",
    ),
    Check(
        metrics=("mig",), reference="0 by definition", case="every factor on two axes",
        deviation=lambda: mig_of("duplicated"), tolerance=1e-12, reason=EXACT,
    ),
    Check(
        metrics=("mig",), reference="0 by definition", case="constant codes", deviation=lambda: mig_of("constant"),
        tolerance=0, reason="exact",
    ),
    Check(
        metrics=("mig",), reference="0 in the limit", case="10 axes independent of 10,000 images",
        deviation=lambda: mig_of("independent"), tolerance=0.001, reason="finite samples: about 0.0003",
    ),
)  # fmt: skip

RANKINGS: tuple[Ranking, ...] = (
    Ranking(
        metrics=("mig",), rising=((("pca",), ("oracle",)), (("noise",), ("oracle",))),
        refused=("constant",), why="one factor per axis is the ideal code; theory doesn't say how much better than "
        "noise PCA's mixed factors are; constant codes tell nothing",
    ),
)  # fmt: skip


def checks() -> MetricChecks:
    """References, rankings of the controls, and settings for tiny data."""
    return MetricChecks(
        references=REFERENCES,
        rankings=RANKINGS,
        small={"mig": {"n": 60, "bins": 5}},
        other={"mig": {"n": 40, "bins": 4}},
    )
