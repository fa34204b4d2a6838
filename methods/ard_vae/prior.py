"""ARD-VAE's priors: centred at zero, with scales that are estimated from codes."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from latentdim.nets import DiagonalNormal, Draws, Prior
from methods.ard_vae import Config


class Estimated(Prior):
    """A prior whose b/a of eq. 18 is estimated from codes.

    Eq. 8–9 with a⁰ = b⁰ = 0 and μ^α = 0 make b/a the mean of z² over one posterior draw per example (supplement,
    Algorithm 2).
    """

    config: Config

    @property
    def squared_scale(self) -> Tensor:
        """b/a, ``(L,)``; the buffer itself."""
        raise NotImplementedError(f"{type(self).__name__} must define squared_scale")  # pragma: no cover

    def estimate(self, codes: Iterable[Tensor]) -> Tensor:
        """b/a from batches of codes ``(B, L)``, at least the floor, ``(L,)``; the prior stays as it is."""
        sums = torch.zeros(2, len(self.mean), dtype=torch.float64, device=self.mean.device)
        count = 0
        for batch in codes:
            z = batch.double()
            sums += torch.stack([z.square().sum(dim=0), z.sum(dim=0)])
            count += len(batch)
        square, center = sums / count
        variance = square if self.config.moment == "about_zero" else square - center.square()
        return variance.clamp(min=self.config.variance_floor).to(self.squared_scale.dtype)

    def refresh(self, codes: Iterable[Tensor]) -> None:
        """Take over what these codes say (Algorithm 1)."""
        self.squared_scale.copy_(self.estimate(codes))

    def code_variance(self, codes: Tensor) -> Tensor:
        """Variance of each axis of codes ``(N, L)`` about the configured point, ``(L,)`` float64."""
        if self.config.moment == "about_mean":
            return super().code_variance(codes)
        return codes.to(torch.float64).square().mean(dim=0)


class EstimatedNormal(Estimated, DiagonalNormal):
    """N(0, b/a): the Student-t prior of eq. 11 where its degrees of freedom are many (eq. 17)."""

    def __init__(self, dim: int, config: Config) -> None:
        super().__init__(torch.zeros(dim), torch.ones(dim))
        self.config = config

    @property
    def squared_scale(self) -> Tensor:
        """b/a, which is the variance, ``(L,)``."""
        return self.variance


class EstimatedStudentT(Estimated):
    """The Student-t prior of eq. 11: location 0, scale s = √(b/a), ν = 2a degrees of freedom on every axis.

    A Gaussian's divergence from it has no closed form; posteriors estimate it at their draws.

    Attributes:
        degrees: ν = n, the number of codes that b/a rests on (eq. 8 and 12).
        scales: b/a of each axis, ``(L,)``.
    """

    mean: Tensor
    scales: Tensor

    def __init__(self, dim: int, config: Config, *, degrees: int) -> None:
        super().__init__()
        self.config = config
        self.degrees = degrees
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("scales", torch.ones(dim))

    @property
    def squared_scale(self) -> Tensor:
        """b/a, ``(L,)``; not the variance."""
        return self.scales

    @property
    def variance(self) -> Tensor:  # type: ignore[override]
        """s² ν / (ν − 2), ``(L,)``; infinite for ν ≤ 2."""
        factor = self.degrees / (self.degrees - 2) if self.degrees > 2 else math.inf
        return factor * self.scales

    def sample(self, n: int, draws: Draws) -> Tensor:
        """``n`` codes, ``(n, L)``: Bailey's (1994) polar method, exact for any ν.

        Of a pair of normal numbers with r² = a² + b², exp(−r²/2) is uniform and a/r the cosine of a uniform angle.
        """
        dim = len(self.mean)
        a, b = draws.rows(n, 2 * dim).split(dim, dim=1)
        square = (a.square() + b.square()).clamp_min(torch.finfo(a.dtype).tiny)
        stretch = (self.degrees * (square / self.degrees).expm1() / square).sqrt()
        return self.mean + a * stretch * self.scales.sqrt()

    def log_density(self, z: Tensor) -> Tensor:
        """Logarithm of eq. 11, ``(n,)`` in nats."""
        half = 0.5 * (self.degrees + 1)
        squares = (z - self.mean).square() / self.scales  # t² of eq. 13
        height = math.lgamma(half) - math.lgamma(0.5 * self.degrees) - 0.5 * math.log(math.pi * self.degrees)
        return (height - 0.5 * self.scales.log() - half * (squares / self.degrees).log1p()).sum(dim=1)


def prior_of(dim: int, config: Config, *, degrees: int) -> Estimated:
    """The configured prior, not estimated yet."""
    return EstimatedNormal(dim, config) if config.prior == "normal" else EstimatedStudentT(dim, config, degrees=degrees)
