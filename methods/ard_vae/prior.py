"""ARD-VAE's prior: normal about zero, with variances that are estimated from codes."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from latentdim.nets import DiagonalNormal
from methods.ard_vae import Config


class EstimatedNormal(DiagonalNormal):
    """N(0, v) with v = b/a of eq. 18.

    Eq. 8–9 with a⁰ = b⁰ = 0 and μ^α = 0 make b/a the mean of z² over one posterior draw per example (supplement,
    Algorithm 2). The Student-t prior of eq. 11 is taken as N(0, b/a), eq. 17.
    """

    def __init__(self, dim: int, config: Config) -> None:
        super().__init__(torch.zeros(dim), torch.ones(dim))
        self.config = config

    def estimate(self, codes: Iterable[Tensor]) -> Tensor:
        """Variances from batches of codes ``(B, L)``, at least the floor, ``(L,)``; the prior stays as it is."""
        sums = torch.zeros(2, len(self.mean), dtype=torch.float64, device=self.mean.device)
        count = 0
        for batch in codes:
            z = batch.double()
            sums += torch.stack([z.square().sum(dim=0), z.sum(dim=0)])
            count += len(batch)
        square, center = sums / count
        variance = square if self.config.moment == "about_zero" else square - center.square()
        return variance.clamp(min=self.config.variance_floor).to(self.variance.dtype)

    def refresh(self, codes: Iterable[Tensor]) -> None:
        """Take over what these codes say (Algorithm 1)."""
        self.variance.copy_(self.estimate(codes))

    def code_variance(self, codes: Tensor) -> Tensor:
        """Variance of each axis of codes ``(N, L)`` about the configured point, ``(L,)`` float64."""
        if self.config.moment == "about_mean":
            return super().code_variance(codes)
        return codes.to(torch.float64).square().mean(dim=0)
