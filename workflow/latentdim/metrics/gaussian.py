"""A Gaussian by its moments, and the Fréchet distance to another one (Heusel et al., 2017, eq. 6), all in float64."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

CHUNK = 4096


@dataclass(frozen=True)
class Gaussian:
    """A Gaussian by its moments, and how far another one is.

    Attributes:
        mean: ``(d,)`` float64.
        covariance: ``(d, d)`` float64, symmetric; it may be singular.
    """

    mean: Tensor
    covariance: Tensor

    @classmethod
    def of(cls, vectors: Tensor) -> Gaussian:
        """That with the moments of a sample ``(N, d)``, accumulated in float64 around the mean."""
        mean = vectors.mean(dim=0, dtype=torch.float64)
        total = torch.zeros(len(mean), len(mean), dtype=torch.float64, device=vectors.device)
        for chunk in vectors.split(CHUNK):
            centred = chunk.to(torch.float64) - mean
            total += centred.T @ centred
        return cls(mean, total / (len(vectors) - 1))

    @cached_property
    def root(self) -> Tensor:
        """R with R Rᵀ = S, ``(d, d)``: Cholesky's, or for a singular S that of its eigenvectors, cut off at 0."""
        factor, failed = torch.linalg.cholesky_ex(self.covariance)
        if not bool(failed):
            return factor
        values, vectors = torch.linalg.eigh(self.covariance)
        return vectors * values.clamp_min(0.0).sqrt()

    def distance(self, other: Gaussian) -> float:
        """Squared Fréchet distance; of several distances from one Gaussian, the root is worked out once.

        With S₁ = R Rᵀ the product S₁ S₂ has the eigenvalues of Rᵀ S₂ R, and the trace of its root is the sum of their
        roots. That matrix is symmetric, so they are real, where the root of the product itself may come out complex.
        Eigenvalues below 0 are rounding, and so is a distance below 0.
        """
        inner = self.root.T @ other.covariance @ self.root
        overlap = torch.linalg.eigvalsh((inner + inner.T) / 2.0).clamp_min(0.0).sqrt().sum()
        spreads = self.covariance.trace() + other.covariance.trace()
        return max(0.0, float((self.mean - other.mean).square().sum() + spreads - 2.0 * overlap))
