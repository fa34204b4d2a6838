"""What the metrics are held against: references that share no code with them, and the order of the controls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.metrics import mean_squared_error, r2_score

from latentdim.conformance.checks import EXACT, Check, MetricChecks, Ranking, draws
from latentdim.conformance.models import fitted_control, measuring
from latentdim.metrics import mse_per_pixel
from latentdim.metrics.reconstruction.measure import measure, measure_unexplained


def of_pixels(expected: float, shift: float, scale: float = 1.0) -> Callable[[], float]:
    """Error of images that are all off by one number."""

    def deviation() -> float:
        images = draws("mse").random(size=(10, 3, 4, 4))
        return abs(mse_per_pixel(scale * images, scale * (images + shift)) - expected)

    return deviation


def one_pixel() -> float:
    """One pixel of one image off by 1 among 7 images of 12 values."""
    images = np.zeros((7, 1, 3, 4))
    wrong = images.copy()
    wrong[3, 0, 1, 2] = 1.0
    return abs(mse_per_pixel(images, wrong) - 1 / 84)


def against_scikit_learn() -> float:
    """Error of PCA's reconstructions of held-out vectors, one short batch among them."""
    context = measuring(fitted_control("pca", dim=2), n_reference=40)
    real = context.reference().values
    made = context.reconstructed(real)
    expected = mean_squared_error(real.double().numpy(), made.double().numpy())
    return abs(measure(context).value - float(expected))


def share_against_scikit_learn() -> float:
    """1 − R² of PCA's reconstructions, the values' variances as weights."""
    context = measuring(fitted_control("pca", dim=2), n_reference=40)
    real = context.reference().values
    made = context.reconstructed(real)
    r2 = r2_score(real.double().numpy(), made.double().numpy(), multioutput="variance_weighted")
    return abs(measure_unexplained(context).value - (1.0 - float(r2)))


FLOAT32 = "differences are taken in float32, in which networks work"

REFERENCES: tuple[Check, ...] = (
    Check(
        metrics=("mse_per_pixel",), reference="c² by definition", case="images all off by c = 0.3",
        deviation=of_pixels(0.09, 0.3), tolerance=1e-12, reason=EXACT,
    ),
    Check(
        metrics=("mse_per_pixel",), reference="4 times as much by definition", case="the same in [−1, 1]",
        deviation=of_pixels(0.36, 0.3, scale=2.0), tolerance=1e-12, reason=EXACT,
    ),
    Check(
        metrics=("mse_per_pixel",), reference="1/(N D) by definition", case="one pixel of one image off by 1",
        deviation=one_pixel, tolerance=1e-15, reason=EXACT,
    ),
    Check(
        metrics=("mse_per_pixel",), reference="sklearn.metrics.mean_squared_error", case="PCA on tiny vectors",
        deviation=against_scikit_learn, tolerance=1e-8, reason=FLOAT32,
    ),
    Check(
        metrics=("unexplained_variance",), reference="1 − sklearn.metrics.r2_score", case="PCA on tiny vectors",
        deviation=share_against_scikit_learn, tolerance=1e-7, reason=FLOAT32,
    ),
)  # fmt: skip

RANKINGS: tuple[Ranking, ...] = (
    Ranking(
        metrics=("mse_per_pixel", "unexplained_variance"),
        rising=((("pca",), ("oracle",), ("constant",), ("noise",)),),
        why="PCA is the best affine map through L numbers, the oracle's has fewer; the mean example leaves the whole "
        "variance; another example's reconstruction adds its own to it",
    ),
)  # fmt: skip


def checks() -> MetricChecks:
    """References, rankings of the controls, and settings for tiny data."""
    return MetricChecks(
        references=REFERENCES,
        rankings=RANKINGS,
    )
