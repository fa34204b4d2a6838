"""Fréchet distance between two sets of vectors, each taken as a Gaussian (Heusel et al., 2017, eq. 6).

d² = |m₁ − m₂|² + tr S₁ + tr S₂ − 2 tr (S₁ S₂)^½, with means m and covariances S (denominator N − 1), all in float64.
Two draws of n from the same law are not 0 apart but about 2d/n + (d² + d)/(2n) for a standard normal in d dimensions,
so values of different n must not be compared.
"""

from __future__ import annotations

import torch
from numpy.typing import NDArray
from torch import Tensor

from latentdim.metrics.context import Measured, MetricContext, MetricRefused
from latentdim.metrics.features.extractor import Raw
from latentdim.metrics.features.floor import distance_floor
from latentdim.metrics.features.sets import reference_split
from latentdim.metrics.gaussian import Gaussian
from latentdim.metrics.jackknife import frechet_spread

ASYMMETRY = 1e-9  # of a covariance, relative to its largest entry


def frechet_distance(x: Tensor | NDArray, y: Tensor | NDArray) -> float:
    """Squared Fréchet distance between the Gaussians with the moments of two samples.

    Also right with fewer samples than dimensions, where the covariances are singular: relative errors stay near 1e-7.

    Args:
        x: vectors, ``(N, d)``.
        y: vectors, ``(M, d)``.

    Returns:
        The distance in squared units of the vectors; 0 where rounding between (nearly) equal sets leaves it below.

    Raises:
        ValueError: if the shapes don't fit, a set has fewer than two vectors, or a value isn't finite.
    """
    first, second = _vectors(x, "x"), _vectors(y, "y")
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"x has {first.shape[1]} values a vector but y has {second.shape[1]}")
    if max(len(first), len(second)) >= first.shape[1]:
        return Gaussian.of(first).distance(Gaussian.of(second))
    # Fewer samples than dimensions: tr (S₁ S₂)^½ is the nuclear norm of A Bᵀ, with A and B the centred samples over
    # √(N − 1). Exact, and no d × d matrix is needed.
    a, b = _centred(first), _centred(second)
    shift = first.mean(dim=0, dtype=torch.float64) - second.mean(dim=0, dtype=torch.float64)
    root = torch.linalg.svdvals(a @ b.T).sum()
    return max(0.0, float(shift.square().sum() + a.square().sum() + b.square().sum() - 2.0 * root))


def frechet_from_moments(
    mean1: Tensor | NDArray, covariance1: Tensor | NDArray, mean2: Tensor | NDArray, covariance2: Tensor | NDArray
) -> float:
    """Squared Fréchet distance between two Gaussians, by the symmetric route of :meth:`Gaussian.distance`.

    Args:
        mean1, mean2: ``(d,)``.
        covariance1, covariance2: ``(d, d)``, symmetric; they may be singular.

    Raises:
        ValueError: if the shapes don't fit, a covariance isn't symmetric, or a value isn't finite.
    """
    m1, m2 = (torch.as_tensor(mean).to(torch.float64) for mean in (mean1, mean2))
    s1, s2 = (_covariance(given, len(m1)) for given in (covariance1, covariance2))
    if m1.dim() != 1 or m1.shape != m2.shape or not bool(torch.isfinite(m1 - m2).all()):
        raise ValueError(f"the means must be finite vectors of one length, not {tuple(m1.shape)} and {tuple(m2.shape)}")
    return Gaussian(m1, s1).distance(Gaussian(m2, s2))


def measure(context: MetricContext) -> Measured:
    """Fréchet distance between generated and real vectors, no network between (MaskAAE, section 5.1, supplement 10.2).

    The floor is what a perfect generator would get, the distance between two halves of the real data
    (:func:`distance_floor`). It isn't taken off the value. The spread is over repeated draws of as many generated
    vectors against the same reference, where more than a covariance needs are left without a tenth of them.
    """
    reference, generated = reference_split(context).values, context.generated()
    fewest, values = min(len(reference), len(generated)), reference.shape[1]
    few = context.evaluation.distribution.allow_few
    if fewest <= values and not few:
        raise MetricRefused(
            f"{fewest} vectors of {values} values don't determine a covariance: more than {values} are needed "
            "(evaluation.distribution.allow_few = true takes them all the same)"
        )
    if not bool(torch.isfinite(generated).all()):
        raise MetricRefused("the model's samples are not finite")
    detail: dict[str, object] = {"n_generated": len(generated), "n_reference": len(reference)}
    spread = frechet_spread(generated, Gaussian.of(reference)) if fewest > values else None
    floor = distance_floor(context, Raw(dim=values), reference, distance=frechet_distance)
    return Measured(frechet_distance(generated, reference), fewest, spread, detail, floor)


def _vectors(given: Tensor | NDArray, name: str) -> Tensor:
    vectors = torch.as_tensor(given).detach()
    if vectors.dim() != 2 or len(vectors) < 2:
        raise ValueError(f"{name} has shape {tuple(vectors.shape)}; a matrix (N, d) with N ≥ 2 is needed")
    if not bool(torch.isfinite(vectors).all()):
        raise ValueError(f"{name} holds NaN or infinity")
    return vectors


def _covariance(given: Tensor | NDArray, dim: int) -> Tensor:
    covariance = torch.as_tensor(given).to(torch.float64)
    if covariance.shape != (dim, dim) or not bool(torch.isfinite(covariance).all()):
        raise ValueError(f"a covariance has shape {tuple(covariance.shape)}; a finite matrix ({dim}, {dim}) is needed")
    if bool((covariance - covariance.T).abs().max() > ASYMMETRY * covariance.abs().max()):
        raise ValueError("a covariance is not symmetric")
    return covariance


def _centred(vectors: Tensor) -> Tensor:
    exact = vectors.to(torch.float64)
    return (exact - exact.mean(dim=0)) / (len(vectors) - 1) ** 0.5
