"""The parts of GECO-L0-ARM-VAE's objective, each as a function of its inputs alone.

L is the number of latent axes, φ the gates' logits, u ~ U[0, 1) one number for each axis, shared by a batch.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as functional
from torch import Tensor


def antithetic_gates(phi: Tensor, u: Tensor, *, scale: float) -> tuple[Tensor, Tensor]:
    """Two draws of the gates ``(L,)`` of zeros and ones: 1[u < σ(k φ)] and 1[u > σ(−k φ)] (ARM).

    Each is a draw from Bernoulli(σ(k φ)).
    """
    return (u < (scale * phi).sigmoid()).to(phi.dtype), (u > (-scale * phi).sigmoid()).to(phi.dtype)


def arm_gradient(cost: Tensor, antithetic_cost: Tensor, u: Tensor, *, scale: float) -> Tensor:
    """An unbiased estimate of the gradient of the expected cost with respect to φ, ``(L,)`` (eq. 12).

    Args:
        cost, antithetic_cost: under the two draws of the gates, scalars: means over the batch, since u is shared.
    """
    return scale * (antithetic_cost - cost) * (u - 0.5)


def open_gates(phi: Tensor, *, scale: float) -> Tensor:
    """The expected number of open gates, Σ_j σ(k φ_j), a scalar."""
    return (scale * phi).sigmoid().sum()


def axis_divergences(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, exp(log_var)) ‖ N(0, 1)) of each axis, averaged over a batch, ``(L,)`` in nats."""
    return 0.5 * (mean.square() + log_var.exp() - 1.0 - log_var).mean(dim=0)


def squared_error(x: Tensor, decoded: Tensor) -> Tensor:
    """Batch mean of the squared error, summed over an example's values; a scalar."""
    return (decoded - x).square().flatten(1).sum(dim=1).mean()


def multiplier(raw: Tensor) -> Tensor:
    """λ before it is clamped: softplus(raw)²."""
    return functional.softplus(raw).square()


def raw_of(lam: float) -> float:
    """The raw number that ``multiplier`` makes λ of: log(exp √λ − 1), in a form that no λ overflows."""
    root = math.sqrt(lam)
    return root + math.log(-math.expm1(-root))


def multiplier_gradient(raw: Tensor, constraint: Tensor, *, least: float, most: float) -> Tensor:
    """What descent on raw takes for its gradient, so that λ C ascends; 0 where it would push λ further outside."""
    lam = multiplier(raw)
    slope = 2.0 * functional.softplus(raw) * raw.sigmoid()  # of λ with respect to raw
    outward = ((lam >= most) & (constraint > 0)) | ((lam <= least) & (constraint < 0))
    return torch.where(outward, torch.zeros_like(raw), -constraint * slope)
