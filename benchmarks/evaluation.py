"""Evaluation: the Fréchet distance at Inception's size against scipy's matrix square root, and nearest neighbours.

Goals: at least 5 times as fast as `sqrtm` at 2048 features, and 3 times as fast as whole matrices of distances.
Usage: python -m benchmarks.evaluation [--rounds 5] [--tiny]
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvals, sqrtm

from benchmarks import neighbours
from benchmarks.neighbours import seconds
from benchmarks.rounds import Comparison, Section, alternating, command_line
from latentdim.metrics import frechet_from_moments
from latentdim.system.seeds import stream

SYMMETRIC, ROOT, GENERAL = "symmetric eigenvalues", "scipy sqrtm", "general eigenvalues"
Moments = tuple[NDArray[np.float64], NDArray[np.float64]]


def moments(name: str, *, dim: int) -> Moments:
    """Mean and covariance of a sample whose axes' variances fall off as those of Inception's features do."""
    generator = stream("benchmark", "frechet", name)
    scales = 1.0 / np.sqrt(1.0 + np.arange(dim))
    sample = generator.normal(size=(2 * dim, dim)) * scales @ np.linalg.qr(generator.normal(size=(dim, dim)))[0]
    return sample.mean(axis=0), np.cov(sample, rowvar=False)


def by_root(first: Moments, second: Moments) -> float:
    """With the trace of the product's root, as the first released code of the FID."""
    return _with_overlap(first, second, float(np.trace(sqrtm(first[1] @ second[1]).real)))


def by_eigenvalues(first: Moments, second: Moments) -> float:
    """With the roots of the unsymmetric product's eigenvalues, as torch-fidelity."""
    return _with_overlap(first, second, float(np.sqrt(eigvals(first[1] @ second[1]).astype(complex)).real.sum()))


def _with_overlap(first: Moments, second: Moments, overlap: float) -> float:
    shift = first[0] - second[0]
    return float(shift @ shift + np.trace(first[1]) + np.trace(second[1]) - 2.0 * overlap)


def frechet(*, rounds: int, tiny: bool) -> list[Comparison]:
    """Seconds of the three routes from the same moments; they must find the same.

    Raises:
        RuntimeError: if they don't.
    """
    dim = 64 if tiny else 2048
    first, second = moments("first", dim=dim), moments("second", dim=dim)
    routes = {
        SYMMETRIC: lambda: frechet_from_moments(*first, *second),
        ROOT: lambda: by_root(first, second),
        GENERAL: lambda: by_eigenvalues(first, second),
    }
    values = [route() for route in routes.values()]
    if max(values) - min(values) > 1e-6 * (np.trace(first[1]) + np.trace(second[1])):
        raise RuntimeError(f"the routes differ: {values}")
    found = alternating({name: lambda route=route: seconds(route) for name, route in routes.items()}, rounds)
    what = f"seconds for a Fréchet distance of {dim} features, from moments"
    return [
        Comparison(what, ROOT, SYMMETRIC, found[ROOT], found[SYMMETRIC], least=5.0),
        Comparison(what, GENERAL, SYMMETRIC, found[GENERAL], found[SYMMETRIC]),
    ]


def section(*, rounds: int, tiny: bool) -> Section:
    """Measure both."""
    comparisons = (*frechet(rounds=rounds, tiny=tiny), neighbours.comparison(rounds=rounds, tiny=tiny))
    text = (
        "Plain functions on arrays, in float64 where not told otherwise, in one process. Each contender's result is "
        "compared with ours before anything is timed; **ratio** is the other's time over ours."
    )
    return Section("Evaluation: seconds", text, comparisons)


if __name__ == "__main__":
    command_line(section, __doc__, rounds=5)
