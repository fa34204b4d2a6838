"""The maximum mean discrepancy with a sum of inverse multiquadratic kernels, unbiased and exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def mmd(codes: Tensor, prior: Tensor, *, scales: Sequence[float]) -> Tensor:
    """Unbiased MMD² between codes and as many draws from the standard normal prior (Tolstikhin et al., 2018, Alg. 2).

    1/(n(n−1)) Σ_{i≠j} [k(z_i, z_j) + k(p_i, p_j)] − 2/n² Σ_{i,j} k(z_i, p_j), where k(a, b) = Σ_c C/(C + ‖a−b‖²) and
    C = 2 L c, twice the expected squared norm of a prior draw times the scale (released code, prior variance 1). May
    be negative; a batch of one example holds no pairs and counts as 0. Always float32: differences of kernel means
    don't survive bfloat16.

    Args:
        codes: ``(n, L)``; gradients reach these alone.
        prior: ``(n, L)``.
        scales: the kernels' c.

    Raises:
        ValueError: if the shapes differ.
    """
    if codes.shape != prior.shape:
        raise ValueError(f"codes are {tuple(codes.shape)} but prior draws {tuple(prior.shape)}")
    n, dim = codes.shape
    if n == 1:
        return torch.zeros((), device=codes.device)
    constants = [2.0 * dim * scale for scale in scales]
    with torch.autocast(codes.device.type, enabled=False):
        codes, prior = codes.float(), prior.float()
        # Rows: codes. Columns: codes, then prior draws. The prior against itself carries no gradient.
        kernel = _KernelSum.apply(_squared_distances(codes, torch.cat([codes, prior])), constants)
        within, across = kernel[:, :n], kernel[:, n:]
        with torch.no_grad():
            among_prior = _off_diagonal_sum(_kernel(_squared_distances(prior, prior), constants))
        return (_off_diagonal_sum(within) + among_prior) / (n * (n - 1)) - across.sum() * (2.0 / n**2)


def _squared_distances(rows: Tensor, columns: Tensor) -> Tensor:
    norms = rows.square().sum(dim=1, keepdim=True) + columns.square().sum(dim=1)
    return torch.addmm(norms, rows, columns.T, alpha=-2.0)


def _off_diagonal_sum(kernel: Tensor) -> Tensor:
    return kernel.sum() - kernel.diagonal().sum()


def _kernel(squared: Tensor, constants: Sequence[float]) -> Tensor:
    """Σ_C C/(C + d²)."""
    total, part = torch.zeros_like(squared), torch.empty_like(squared)
    for constant in constants:
        total.add_(torch.add(squared, constant, out=part).reciprocal_(), alpha=constant)
    return total


class _KernelSum(torch.autograd.Function):
    """The same with its derivative −Σ_C C/(C + d²)² taken on the way: half of autograd's passes over the matrix."""

    @staticmethod
    def forward(ctx: Any, squared: Tensor, constants: Sequence[float]) -> Tensor:
        total, slope = torch.zeros_like(squared), torch.zeros_like(squared)
        part = torch.empty_like(squared)
        for constant in constants:
            torch.add(squared, constant, out=part).reciprocal_()
            total.add_(part, alpha=constant)
            slope.addcmul_(part, part, value=-constant)
        ctx.save_for_backward(slope)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (slope,) = ctx.saved_tensors
        return gradients[0] * slope, None
