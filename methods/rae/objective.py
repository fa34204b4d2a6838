"""RAE's regularisers (Ghosh et al., 2020, section 3.1), each as a function of its inputs alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

Decode = Callable[[Tensor], Tensor]


def latent_norm(codes: Tensor, *, reduction: Literal["mean", "half_sum"]) -> Tensor:
    """Batch mean of the codes' squares, ``(n, L)``: their mean over the axes, or half their sum."""
    squares = codes.float().square()
    return squares.mean() if reduction == "mean" else 0.5 * squares.sum(dim=1).mean()


def weight_norm(decoder: nn.Module, *, of: Literal["kernels", "convolutions", "all"]) -> Tensor:
    """Σ w² over the decoder's parameters of one kind, without a factor ½."""
    return torch.stack([parameter.square().sum() for parameter in penalised(decoder, of=of)]).sum()


def penalised(decoder: nn.Module, *, of: Literal["kernels", "convolutions", "all"]) -> Iterator[nn.Parameter]:
    """The parameters whose squares count: by their number of axes, 1 for biases and normalisations, 2 for matrices."""
    least = {"kernels": 2, "convolutions": 3, "all": 0}[of]
    return (parameter for parameter in decoder.parameters() if parameter.dim() >= least)


def squared_output_penalty(decode: Decode, codes: Tensor) -> Tensor:
    """Mean over batch and axes of (∂ Σ_d D_d(z)² / ∂z_l)², as in the released code; it reaches the encoder too."""
    return _slope(lambda z: decode(z).square().sum(), codes).square().mean()


def jacobian_penalty(decode: Decode, codes: Tensor, directions: Tensor) -> Tensor:
    """Batch mean of ‖Jᵀ v‖², whose expectation over standard normal v is ‖J‖² = Σ_dl (∂D_d/∂z_l)².

    Args:
        directions: v, of the decoder's output, ``(n, *shape)``.
    """
    return _slope(lambda z: (decode(z) * directions).sum(), codes).square().sum(dim=1).mean()


def _slope(height: Callable[[Tensor], Tensor], codes: Tensor) -> Tensor:
    """∂height/∂z at each code, ``(n, L)``; differentiable where the codes are, and had without gradients too."""
    differentiated = torch.is_grad_enabled()
    with torch.enable_grad():
        z = codes if codes.requires_grad else codes.detach().requires_grad_()
        (slope,) = torch.autograd.grad(height(z), z, create_graph=differentiated)
    return slope.float()
