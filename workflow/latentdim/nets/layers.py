"""Layers as data: what an encoder and a decoder consist of, free of torch.

``build`` makes modules of them, ``count`` their shapes, parameters and operations. Sizes are those of one example,
without the batch: ``(channels, height, width)`` or ``(values,)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from latentdim.registry.declarations import Output

Shape = tuple[int, ...]
ActivationName = Literal["relu", "leaky_relu", "tanh", "silu"]
Law = Literal["torch", "glorot_uniform", "keras"]


@dataclass(frozen=True)
class Dense:
    """A fully connected layer, ``(values,) → (width,)``."""

    width: int
    bias: bool = True


@dataclass(frozen=True)
class Conv:
    """A convolution with a square kernel: a side of n becomes ⌊(n + 2·padding − kernel) / stride⌋ + 1."""

    filters: int
    kernel: int
    stride: int = 1
    padding: int = 0
    bias: bool = True


@dataclass(frozen=True)
class ConvTranspose:
    """A transposed convolution with a square kernel: a side of n becomes (n − 1)·stride − 2·padding + kernel."""

    filters: int
    kernel: int
    stride: int = 1
    padding: int = 0
    bias: bool = True


@dataclass(frozen=True)
class Norm:
    """Batch normalisation with learned scale and shift, over channels or values.

    A layer right before it carries no bias: the normalisation takes any constant away again, so that the bias would
    get no gradient but for rounding, which Adam blows up to whole steps.

    Attributes:
        momentum: weight of the newest batch in the running moments.
    """

    eps: float = 1e-5
    momentum: float = 0.1


@dataclass(frozen=True)
class Activation:
    """An activation function; ``leaky_relu`` has a slope of 0.2 below zero."""

    name: ActivationName


@dataclass(frozen=True)
class Flatten:
    """``(channels, height, width) → (values,)``."""


@dataclass(frozen=True)
class Reshape:
    """``(values,) →`` a shape of as many values."""

    shape: Shape


@dataclass(frozen=True)
class Crop:
    """Drops the last rows and columns of a feature map, ``last`` of each."""

    last: int = 1


@dataclass(frozen=True)
class Scale:
    """``factor · x + shift``, with fixed numbers."""

    factor: float
    shift: float = 0.0


@dataclass(frozen=True)
class Residual:
    """What ``layers`` make of x, added to what ``shortcut`` makes of it: x itself where that is empty."""

    layers: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()


Layer = Dense | Conv | ConvTranspose | Norm | Activation | Flatten | Reshape | Crop | Scale | Residual


@dataclass(frozen=True)
class Architecture:
    """A whole network for one shape of examples and one latent dimension.

    Attributes:
        encoder: ``(*shape) → (outputs,)``.
        decoder: ``(L,) → (*shape)``, before the output function; it doesn't depend on the encoder's outputs.
        output: the function that the decoder's last layer goes through.
        initialisation: law of the initial weights (``initial.py``).
        hidden_seed: draws the hidden convolutions from this seed in every run; None draws them like the others.
    """

    encoder: tuple[Layer, ...]
    decoder: tuple[Layer, ...]
    output: Output = "linear"
    initialisation: Law = "torch"
    hidden_seed: int | None = None


def dense(widths: Sequence[int], activation: ActivationName) -> tuple[Layer, ...]:
    """Fully connected layers of these widths with an activation between any two, none after the last."""
    layers = [layer for width in widths for layer in (Dense(width), Activation(activation))]
    return tuple(layers[:-1])


def needless_biases(layers: Sequence[Layer]) -> Iterator[Layer]:
    """The layers right before a normalisation that carry a bias all the same."""
    for layer, following in pairwise(layers):
        if isinstance(following, Norm) and isinstance(layer, Dense | Conv | ConvTranspose) and layer.bias:
            yield layer
    for layer in layers:
        if isinstance(layer, Residual):
            yield from needless_biases(layer.layers)
            yield from needless_biases(layer.shortcut)
