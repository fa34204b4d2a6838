"""What the metrics are held against: references that share no code with them, and the order of the controls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from latentdim.conformance.checks import Check, MetricChecks, Ranking, draws
from latentdim.metrics import factor_vae_score
from latentdim.metrics.factor_vae import FactorVae

DSPRITES, SHAPES3D = (3, 6, 40, 32, 32), (10, 10, 10, 8, 4, 15)


VOTES = FactorVae(batch=32, n_train=800, n_evaluation=1500, n_variance=2000)


Levels = NDArray[np.int64]


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

REFERENCES: tuple[Check, ...] = (
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

RANKINGS: tuple[Ranking, ...] = (
    Ranking(
        metrics=("factor_vae",), rising=((("pca",), ("oracle",)), (("noise",), ("oracle",))),
        refused=("constant",), why="one factor per axis is the ideal code; theory doesn't say how much better than "
        "noise PCA's mixed factors are; constant codes tell nothing",
    ),
)  # fmt: skip


def checks() -> MetricChecks:
    """References, rankings of the controls, and settings for tiny data."""
    return MetricChecks(
        references=REFERENCES,
        rankings=RANKINGS,
        small={"factor_vae": {"batch": 8, "n_train": 60, "n_evaluation": 30, "n_variance": 40}},
        other={"factor_vae": {"batch": 4, "n_train": 30, "n_evaluation": 20, "n_variance": 30}},
    )
