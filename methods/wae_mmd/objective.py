"""The maximum mean discrepancy with a sum of inverse multiquadratic or Gaussian kernels, unbiased and exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor

Kernel = Literal["imq", "rbf"]


def mmd(codes: Tensor, prior: Tensor, *, scales: Sequence[float], kernel: Kernel = "imq") -> Tensor:
    """Unbiased MMD² between codes and as many draws from the standard normal prior (Tolstikhin et al., 2018, Alg. 2).

    1/(n(n−1)) Σ_{i≠j} [k(z_i, z_j) + k(p_i, p_j)] − 2/n² Σ_{i,j} k(z_i, p_j), where k(a, b) = Σ_c C/(C + ‖a−b‖²), or
    Σ_c exp(−‖a−b‖²/C), and C = 2 L c, twice the expected squared norm of a prior draw times the scale (released code,
    prior variance 1). May be negative; a batch of one example holds no pairs and counts as 0. Always float32:
    differences of kernel means don't survive bfloat16.

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
        if torch._C._are_functorch_transforms_active():
            return plain_mmd(codes, prior, constants, kernel)
        discrepancy: Tensor = _Discrepancy.apply(codes, prior, constants, kernel)
        return discrepancy


def plain_mmd(codes: Tensor, prior: Tensor, constants: Sequence[float], kernel: Kernel = "imq") -> Tensor:
    """The same as a formula that torch differentiates and transforms by itself, in more than twice the time.

    Args:
        constants: the kernels' C.
    """
    n = len(codes)
    pairs = ((codes, codes), (prior, prior), (codes, prior))
    within, among, across = (_kernel(_squared_distances(*pair), constants, kernel) for pair in pairs)
    off_diagonal = within.sum() - within.diagonal().sum() + among.sum() - among.diagonal().sum()
    return off_diagonal / (n * (n - 1)) - across.sum() * (2.0 / n**2)


def _kernel(squared: Tensor, constants: Sequence[float], kernel: Kernel) -> Tensor:
    """Σ_C C/(C + d²), or Σ_C exp(−d²/C)."""
    if kernel == "rbf":
        return sum(((squared / -constant).exp() for constant in constants), torch.zeros_like(squared))
    return sum((constant / (constant + squared) for constant in constants), torch.zeros_like(squared))


def _squared_distances(rows: Tensor, columns: Tensor) -> Tensor:
    norms = rows.square().sum(dim=1, keepdim=True) + columns.square().sum(dim=1)
    return torch.addmm(norms, rows, columns.T, alpha=-2.0)


class _Discrepancy(torch.autograd.Function):
    """Value and gradient in one go, over three matrices of distances at a time and in as few passes as torch allows."""

    @staticmethod
    def forward(ctx: Any, codes: Tensor, prior: Tensor, constants: Sequence[float], kernel: Kernel) -> Tensor:
        n = len(codes)
        pairs = ((codes, codes), (codes, prior), (prior, prior))
        squared = torch.stack([_squared_distances(*pair) for pair in pairs])
        sums, slopes, part = squared.new_zeros(3), torch.zeros_like(squared[:2]), torch.empty_like(squared)
        for constant in constants:
            if kernel == "rbf":
                torch.mul(squared, -1.0 / constant, out=part).exp_()
                sums.add_(part.flatten(1).sum(dim=1))
                slopes.add_(part[:2], alpha=-1.0 / constant)
            else:
                torch.add(squared, constant, out=part).reciprocal_()
                sums.add_(part.flatten(1).sum(dim=1), alpha=constant)
                slopes.addcmul_(part[:2], part[:2], value=-constant)
        within, across, among = sums.unbind()
        # z_i stands in 2 (n − 1) ordered pairs of codes; in each, its slope is the kernel's times 2 (z_i − z_j).
        pull = _pull(slopes[0], codes, codes).mul_(4.0 / (n * (n - 1)))
        ctx.constants, ctx.kernel = constants, kernel
        ctx.save_for_backward(codes, prior, pull.sub_(_pull(slopes[1], codes, prior), alpha=4.0 / n**2))
        on_diagonal = 2.0 * n * len(constants)  # each d² is 0 there, and either kernel 1
        return (within + among - on_diagonal) / (n * (n - 1)) - across * (2.0 / n**2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        codes, prior, slope = ctx.saved_tensors
        if torch.is_grad_enabled():  # it is to be differentiated again
            (slope,) = torch.autograd.grad(plain_mmd(codes, prior, ctx.constants, ctx.kernel), codes, create_graph=True)
        return gradients[0] * slope, None, None, None


def _pull(slopes: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Σ_j s_ij (r_i − c_j), ``(n, L)``."""
    return rows * slopes.sum(dim=1, keepdim=True) - slopes @ columns
