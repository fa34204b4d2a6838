"""What the metrics are held against: references that share no code with them, and the order of the controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.neighbors import KernelDensity

from latentdim.conformance.checks import Check, MetricChecks, Ranking, draws
from latentdim.metrics import kde_bandwidth, kde_log_densities


def density_of(points: Sequence[Sequence[float]], reference: Sequence[Sequence[float]], h: float) -> float:
    """Log-density of the first point."""
    found = kde_log_densities(np.array(points), reference=np.array(reference), bandwidths=[h])
    return float(found[0, 0])


def one_kernel(distance: float, expected: float) -> Callable[[], float]:
    """A kernel of width 0.3 in 128 dimensions."""
    at = [[distance] + [0.0] * 127]
    return lambda: abs(density_of(at, [[0.0] * 128], 0.3) - expected)


def densities_by_scikit_learn() -> float:
    """Points near and far in the tails; one leaf, since scikit-learn's default tree is wrong there."""
    draw = draws("kde")
    reference, points = draw.normal(size=(400, 6)), 3.0 * draw.normal(size=(200, 6))
    deviations = []
    for h in (0.05, 0.3, 1.0):
        library = KernelDensity(bandwidth=h, leaf_size=len(reference)).fit(reference).score_samples(points)
        found = kde_log_densities(points, reference=reference, bandwidths=[h])[0]
        deviations.append(np.abs(found - library).max())
    return float(max(deviations))


def bandwidth(n: int, expected: float) -> Callable[[], float]:
    """Mean optimum of five draws of a standard normal in one dimension, 1,000 held out."""

    def deviation() -> float:
        draw, tried = draws("kde", "bandwidth", n), np.geomspace(0.05, 1.0, 24).tolist()
        found = [
            kde_bandwidth(draw.normal(size=(n, 1)), held_out=draw.normal(size=(1000, 1)), bandwidths=tried).bandwidth
            for _ in range(5)
        ]
        return float(abs(np.mean(found) - expected))

    return deviation


REFERENCES: tuple[Check, ...] = (
    Check(
        metrics=("kde_log_likelihood",), reference="−64 ln(2π · 0.09) = 36.484387", case="at the only kernel, d = 128",
        deviation=one_kernel(0.0, 36.484387), tolerance=1e-6, reason="the expected value has 6 decimals",
    ),
    Check(
        metrics=("kde_log_likelihood",), reference="30.928831 by hand", case="1 away from it",
        deviation=one_kernel(1.0, 30.928831), tolerance=1e-6, reason="the expected value has 6 decimals",
    ),
    Check(
        metrics=("kde_log_likelihood",), reference="−1.418939 by hand", case="midway between kernels at 0 and 2, h = 1",
        deviation=lambda: abs(density_of([[1.0]], [[0.0], [2.0]], 1.0) + 1.418939), tolerance=1e-6,
        reason="the expected value has 6 decimals",
    ),
    Check(
        metrics=("kde_log_likelihood",), reference="sklearn.neighbors.KernelDensity with a single leaf",
        case="400 kernels, 200 points far into the tails, h = 0.05, 0.3, 1 (nats)", deviation=densities_by_scikit_learn,
        tolerance=1e-6, reason="terms far below the largest are summed in float32",
    ),
    Check(
        metrics=("kde_log_likelihood",), reference="0.26 by other code", case="line search on a "
        "1-D normal, n = 1,000, mean of five", deviation=bandwidth(1000, 0.26), tolerance=0.107,
        reason="four standard errors of that mean; one optimum has a standard deviation of 0.06",
    ),
)  # fmt: skip

RANKINGS: tuple[Ranking, ...] = (
    Ranking(
        metrics=("kde_log_likelihood",), rising=((("pca", "noise"),),),
        why="noise codes sample as PCA does; whether the mean example is a likely one depends on the data",
    ),
)  # fmt: skip


def checks() -> MetricChecks:
    """References, rankings of the controls, and settings for tiny data."""
    return MetricChecks(
        references=REFERENCES,
        rankings=RANKINGS,
        small={"kde": {"n_fit": 60, "n_held_out": 30, "steps": 6}},
        other={"kde": {"n_fit": 40, "n_held_out": 20, "steps": 5}},
    )
