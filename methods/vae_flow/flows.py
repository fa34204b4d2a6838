"""Flows of codes whose volume change is known: inverse autoregressive and planar ones."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

GATE = 2.0  # added to a gate's logit, so that a flow starts near the identity (Kingma et al., 2016, section 4)


class MaskedLinear(nn.Linear):
    """A fully connected layer without some of its connections.

    Attributes:
        mask: which there are, ``(outputs, inputs)``.
    """

    mask: Tensor

    def __init__(self, mask: Tensor) -> None:
        outputs, inputs = mask.shape
        super().__init__(inputs, outputs, device="meta")
        self.to_empty(device="cpu")
        self.register_buffer("mask", mask.float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, inputs) → (B, outputs)``."""
        return functional.linear(x, self.weight * self.mask, self.bias)


class Autoregressive(nn.Module):
    """A network whose outputs for axis l depend on the axes before l alone, and on the context (Germain et al., 2015).

    Inputs have the degrees 1 … L; a hidden unit of degree d sees those up to d, from 0 on, and the pair of outputs of
    axis l sees hidden units below l.
    """

    def __init__(self, dim: int, *, hidden: tuple[int, ...], context: int) -> None:
        super().__init__()
        degrees = [torch.arange(1, dim + 1)]
        degrees += [torch.arange(width) * dim // width for width in hidden]
        self.layers = nn.ModuleList(MaskedLinear(outer[:, None] >= inner) for inner, outer in pairwise(degrees))
        axes = torch.arange(1, dim + 1).repeat(2)
        self.last = MaskedLinear(axes[:, None] > degrees[-1])
        self.context = MaskedLinear(torch.ones(hidden[0], context)) if context else None

    def forward(self, z: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Shifts and gates' logits of codes ``(B, L)`` with contexts ``(B, C)``, each ``(B, L)``."""
        out = z
        for place, layer in enumerate(self.layers):
            out = layer(out)
            if place == 0 and self.context is not None:
                out = out + self.context(context)
            out = out.relu()
        shift, gate = self.last(out).chunk(2, dim=1)
        return shift, gate


class InverseAutoregressiveFlow(nn.Module):
    """z' = σ z + (1 − σ) m, where m and the logit of σ come from the axes before each (Kingma et al., 2016, eq. 10)."""

    def __init__(self, dim: int, *, steps: int, hidden: tuple[int, ...], context: int) -> None:
        super().__init__()
        self.n_parameters = context
        self.networks = nn.ModuleList(Autoregressive(dim, hidden=hidden, context=context) for _ in range(steps))

    def forward(self, z: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Codes ``(B, L)`` after the flow, and log |det ∂z'/∂z| of each, ``(B,)``.

        Args:
            parameters: the context of each code, ``(B, C)``.
        """
        log_det = torch.zeros(len(z), device=z.device)
        for place, network in enumerate(self.networks):
            if place:
                z = z.flip(1)
            shift, gate = network(z, parameters)
            log_scale = functional.logsigmoid(gate + GATE)
            z = log_scale.exp() * z + (-log_scale.expm1()) * shift
            log_det = log_det + log_scale.sum(dim=1)
        return z, log_det


class PlanarFlow(nn.Module):
    """z' = z + û tanh(wᵀz + b), with u, w and b from the encoder (Rezende & Mohamed, 2015, eq. 10–12)."""

    def __init__(self, dim: int, *, steps: int) -> None:
        super().__init__()
        self.dim, self.steps = dim, steps
        self.n_parameters = steps * (2 * dim + 1)

    def forward(self, z: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Codes ``(B, L)`` after the flow, and log |det ∂z'/∂z| of each, ``(B,)``.

        Args:
            parameters: u, w and b of every step for each code, ``(B, steps · (2 L + 1))``.
        """
        log_det = torch.zeros(len(z), device=z.device)
        for own in parameters.chunk(self.steps, dim=1):
            u, w, b = own[:, : self.dim], own[:, self.dim : -1], own[:, -1:]
            # û makes wᵀû > −1, without which there is no inverse (appendix A.1).
            along = (w * u).sum(dim=1, keepdim=True)
            length = w.square().sum(dim=1, keepdim=True).clamp(min=torch.finfo(w.dtype).tiny)
            u = u + (functional.softplus(along) - 1.0 - along) * w / length
            height = torch.tanh((w * z).sum(dim=1, keepdim=True) + b)
            z = z + u * height
            change = (1.0 - height.square()) * (w * u).sum(dim=1, keepdim=True)
            log_det = log_det + change.log1p().squeeze(1)
        return z, log_det


Flow = InverseAutoregressiveFlow | PlanarFlow
