"""The penalty on a covariance of codes that both DIP-VAEs share (Kumar et al., 2018, eq. 6 and 7)."""

from __future__ import annotations

import torch
from torch import Tensor


def covariance(codes: Tensor) -> Tensor:
    """Covariance of codes ``(B, L)`` over the batch, divided by B, ``(L, L)``, float32 at least.

    E[z zᵀ] − E[z] E[z]ᵀ, as the deviations' products, which lose nothing where means are large.
    """
    with torch.autocast(codes.device.type, enabled=False):
        deviations = codes.float() - codes.float().mean(dim=0)
        return deviations.T @ deviations / len(codes)


def distance_from_identity(matrix: Tensor, *, lambda_od: float, lambda_d: float) -> Tensor:
    """λ_od Σ_{i≠j} C_ij² + λ_d Σ_i (C_ii − 1)², a scalar; both halves beside the diagonal count."""
    diagonal = matrix.diagonal()
    beside = matrix - torch.diag_embed(diagonal)
    return lambda_od * beside.square().sum() + lambda_d * (diagonal - 1.0).square().sum()
