"""Layers that torch has no module for, and those around other layers. What each does is told in ``layers.py``."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import cast

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils import skip_init

Weighted = nn.Linear | nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d | nn.ConvTranspose3d
TRANSPOSED = (nn.ConvTranspose2d, nn.ConvTranspose3d)  # whose weight has its outputs along the second axis
FIRST_ITERATIONS = 15  # of power iteration, on the initial weights: as many as torch takes


class Scale(nn.Module):
    """``factor · x + shift``."""

    def __init__(self, factor: float, shift: float) -> None:
        super().__init__()
        self.factor, self.shift = factor, shift

    def forward(self, x: Tensor) -> Tensor:
        """Any shape, and the same."""
        return self.factor * x + self.shift


class SwapAxes(nn.Module):
    """Swaps the first two axes of each example."""

    def forward(self, x: Tensor) -> Tensor:
        """``(B, a, b, …) → (B, b, a, …)``."""
        return x.transpose(1, 2)


class Crop(nn.Module):
    """Drops the last values along each axis but batch and channels."""

    def __init__(self, last: tuple[int, ...]) -> None:
        super().__init__()
        self.last = last

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, n, m) → (B, C, n − last, m − last)``."""
        for axis, last in enumerate(self.last, start=2):
            x = x.narrow(axis, 0, x.shape[axis] - last)
        return x


class Pad(nn.Module):
    """Zeros before and after the values along each axis but batch and channels."""

    def __init__(self, before: tuple[int, ...], after: tuple[int, ...]) -> None:
        super().__init__()
        ends = zip(reversed(before), reversed(after), strict=True)  # torch begins with the last axis
        self.ends = [count for pair in ends for count in pair]

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, n, m) → (B, C, before + n + after, before + m + after)``."""
        return functional.pad(x, self.ends)


class Upsample(nn.Module):
    """Repeats values along each axis but batch and channels."""

    def __init__(self, factor: tuple[int, ...]) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, n, m) → (B, C, factor · n, factor · m)``."""
        for axis, factor in enumerate(self.factor, start=2):
            x = x.repeat_interleave(factor, dim=axis)
        return x


class Residual(nn.Module):
    """The sum of what two branches make of their input; an empty shortcut hands it on."""

    def __init__(self, layers: nn.Sequential, shortcut: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Any shape that both branches take."""
        out: Tensor = self.layers(x) + self.shortcut(x)
        return out


class Concatenate(nn.Module):
    """The input, and beside it what layers make of it."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n) → (B, n + m)``."""
        return torch.cat([x, self.layers(x)], dim=1)


class Unused(nn.Module):
    """Layers that have weights but are never asked."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        """The input itself."""
        return x


class SpectralNorm(nn.Module):
    """A layer whose weight is divided by an estimate of its largest singular value.

    In training each pass takes one power iteration first, as in Miyato et al. (2018); in evaluation the estimate stays.

    Attributes:
        layer: holds the weight as it is trained.
        direction: left singular vector, estimated, ``(outputs,)``.
    """

    direction: Tensor

    def __init__(self, layer: Weighted) -> None:
        super().__init__()
        self.layer = layer
        outputs = layer.weight.shape[1 if isinstance(layer, TRANSPOSED) else 0]
        self.register_buffer("direction", torch.ones(outputs))

    def begin(self, generator: torch.Generator) -> None:
        """Draw the direction, and bring it near the singular vector of the weight as it is now."""
        self.direction.normal_(generator=generator)
        for _ in range(FIRST_ITERATIONS):
            self._iterate()

    @property
    def matrix(self) -> Tensor:
        """The weight, ``(outputs, all the rest)``."""
        axis = 1 if isinstance(self.layer, TRANSPOSED) else 0
        return self.layer.weight.movedim(axis, 0).flatten(1)

    def norm(self) -> Tensor:
        """The estimate of the largest singular value; gradients reach the weight, the vectors count as constants."""
        left = self.direction.clone()  # the buffer may move on before the backward pass
        with self._whole_precision():
            with torch.no_grad():
                right = functional.normalize(self.matrix.T @ left, dim=0)
            return torch.dot(left, self.matrix @ right)

    def forward(self, x: Tensor) -> Tensor:
        """What the layer makes of a batch with the divided weight."""
        if self.training:
            self._iterate()
        out: Tensor = functional_call(self.layer, {"weight": self.layer.weight / self.norm()}, (x,))
        return out

    @torch.no_grad()
    def _iterate(self) -> None:
        with self._whole_precision():
            right = functional.normalize(self.matrix.T @ self.direction, dim=0)
            self.direction.copy_(functional.normalize(self.matrix @ right, dim=0))

    def _whole_precision(self) -> AbstractContextManager[None]:
        """No autocast, by which a norm would be off by a part in a hundred; on "meta" there is none to leave."""
        device = self.direction.device.type
        return nullcontext() if device == "meta" else torch.autocast(device, enabled=False)


class AxialAttention(nn.Module):
    """Self-attention along each axis by itself, the results added."""

    def __init__(self, channels: int, *, heads: int, axes: int) -> None:
        super().__init__()
        self.axes = nn.ModuleList(SelfAttention(channels, heads=heads) for _ in range(axes))

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, n, m) → (B, C, n, m)``."""
        places = x.movedim(1, -1)
        along = (
            cast("Tensor", attention(places.movedim(axis, -2))).movedim(-2, axis)
            for axis, attention in enumerate(self.axes, start=1)
        )
        return torch.stack([result.movedim(-1, 1) for result in along]).sum(dim=0)


class SelfAttention(nn.Module):
    """Scaled dot-product attention among n places with several heads (Vaswani et al., 2017, section 3.2)."""

    def __init__(self, channels: int, *, heads: int) -> None:
        super().__init__()
        inner = channels // heads * heads
        self.heads = heads
        self.query, self.key, self.value = (skip_init(nn.Linear, channels, inner, bias=False) for _ in range(3))
        self.back = skip_init(nn.Linear, inner, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """``(…, n, C) → (…, n, C)``."""
        query, key, value = (
            layer(x).unflatten(-1, (self.heads, -1)).transpose(-2, -3) for layer in (self.query, self.key, self.value)
        )  # (…, heads, n, inner / heads)
        weights = (query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])).softmax(dim=-1)
        out: Tensor = self.back((weights @ value).transpose(-2, -3).flatten(-2))
        return out
