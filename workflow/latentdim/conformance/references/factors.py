"""Disentanglement metrics of codes whose scores are known, and against scikit-learn's mutual information."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import mutual_info_score

from latentdim.conformance.references.check import EXACT, Check, draws
from latentdim.metrics import factor_vae_score, mutual_information_gap
from latentdim.study.evaluation import FactorVae

DSPRITES, SHAPES3D = (3, 6, 40, 32, 32), (10, 10, 10, 8, 4, 15)
VOTES = FactorVae(batch=32, n_train=800, n_evaluation=1500, n_variance=2000)
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


def unit(levels: Levels) -> NDArray[np.float64]:
    """Codes that are dSprites' factors, each in [0, 1]."""
    return levels / (np.array(DSPRITES) - 1.0)


def rotated(levels: Levels) -> NDArray[np.float64]:
    """The same with the last two turned by 45 degrees."""
    codes = unit(levels)
    turned = np.stack([codes[:, -2] + codes[:, -1], codes[:, -2] - codes[:, -1]], axis=1) / 2**0.5
    return np.concatenate([codes[:, :-2], turned], axis=1)


def scored(
    encode: Callable[[Levels], NDArray[np.float64]], expected: float, *, relative: bool = True
) -> Callable[[], float]:
    """How far the FactorVAE metric of these codes is from the expected score."""
    settings = VOTES.model_copy(update={"relative": relative})
    return lambda: abs(factor_vae_score(encode, DSPRITES, settings=settings) - expected)


def independent(levels: Levels) -> NDArray[np.float64]:
    """Ten normal axes that know nothing of the image: a hash of its levels seeds them."""
    return draws("factor_vae", len(levels), int(levels.sum())).normal(size=(len(levels), 10))


SAMPLED = "four standard errors of 1,500 votes"
DECIMALS = "the expected value has 4 decimals"

FACTORS: Sequence[Check] = (
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
    Check(
        metrics=("factor_vae",), reference="1 by definition", case="factors as codes",
        deviation=scored(unit, 1.0), tolerance=0, reason="exact",
    ),
    Check(
        metrics=("factor_vae",), reference="1: duplicates aren't punished", case="every factor on two axes",
        deviation=scored(lambda levels: np.tile(unit(levels), 2), 1.0), tolerance=0, reason="exact",
    ),
    Check(
        metrics=("factor_vae",), reference="1/5 by chance", case="10 axes independent of the image",
        deviation=scored(independent, 0.2), tolerance=0.042, reason=SAMPLED,
    ),
    Check(
        metrics=("factor_vae",), reference="4/5 by definition", case="one of the 5 factors missing",
        deviation=scored(lambda levels: unit(levels)[:, 1:], 0.8), tolerance=0.042, reason=SAMPLED,
    ),
    Check(
        metrics=("factor_vae",), reference="4/5 by definition", case="two factors rotated by 45 degrees",
        deviation=scored(rotated, 0.8), tolerance=0.042, reason=SAMPLED,
    ),
    Check(
        metrics=("factor_vae",), reference="0 by definition", case="constant codes",
        deviation=scored(lambda levels: np.full((len(levels), 4), 0.3), 0.0), tolerance=0, reason="exact",
    ),
    Check(
        metrics=("factor_vae",), reference="1 with a relative threshold", case="factors times 0.001",
        deviation=scored(lambda levels: 0.001 * unit(levels), 1.0), tolerance=0, reason="exact",
    ),
    Check(
        metrics=("factor_vae",), reference="0 with the library's absolute threshold", case="factors times 0.001",
        deviation=scored(lambda levels: 0.001 * unit(levels), 0.0, relative=False), tolerance=0, reason="exact",
    ),
)  # fmt: skip
