"""Layers as data: what an encoder and a decoder consist of, free of torch.

``build`` makes modules of them, ``count`` their shapes, parameters and operations. Sizes are those of one example,
without the batch: ``(channels, height, width)`` of a map, ``(channels, frames, height, width)`` of a volume, or
``(values,)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from latentdim.registry.declarations import Output

Shape = tuple[int, ...]
Sizes = int | tuple[int, ...]  # one for all axes of a map or volume, or one for each
ActivationName = Literal["relu", "leaky_relu", "tanh", "silu"]


@dataclass(frozen=True)
class Normal:
    """Initial weights from N(0, std²); biases are zero, or from N(0, bias_std²).

    Attributes:
        truncated: convolutions, not transposed ones, are cut off at two deviations (TensorFlow's truncated normal).
    """

    std: float
    bias_std: float = 0.0
    truncated: bool = False


Law = Literal["torch", "glorot_uniform", "keras"] | Normal


def each_axis(sizes: Sizes, axes: int) -> tuple[int, ...]:
    """A size for each axis."""
    return (sizes,) * axes if isinstance(sizes, int) else sizes


@dataclass(frozen=True)
class Dense:
    """A fully connected layer, ``(values,) → (width,)``."""

    width: int
    bias: bool = True


@dataclass(frozen=True)
class Conv:
    """A convolution of a map or a volume: a side of n becomes ⌊(n + 2·padding − kernel) / stride⌋ + 1."""

    filters: int
    kernel: Sizes
    stride: Sizes = 1
    padding: Sizes = 0
    bias: bool = True


@dataclass(frozen=True)
class ConvTranspose:
    """A transposed convolution of a map or a volume: a side of n becomes (n − 1)·stride − 2·padding + kernel."""

    filters: int
    kernel: Sizes
    stride: Sizes = 1
    padding: Sizes = 0
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
    """``(channels, …) → (values,)``."""


@dataclass(frozen=True)
class Reshape:
    """``(values,) →`` a shape of as many values."""

    shape: Shape


@dataclass(frozen=True)
class SwapAxes:
    """``(a, b, …) → (b, a, …)``: frames of channels become channels of frames."""


@dataclass(frozen=True)
class Crop:
    """Drops the last values along each axis of a map or volume, as many as ``last`` says."""

    last: Sizes = 1


@dataclass(frozen=True)
class Pad:
    """Zeros around a map or volume: so many before and after each axis."""

    before: Sizes
    after: Sizes


@dataclass(frozen=True)
class Upsample:
    """Repeats every value of a map or volume ``factor`` times along each axis; nothing in it is trained."""

    factor: Sizes = 2


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


@dataclass(frozen=True)
class Concatenate:
    """x itself, followed by what ``layers`` make of it: ``(values,) → (more values,)``."""

    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Unused:
    """x itself; beside it stand ``layers`` that could take it but are never asked, so that their weights stay."""

    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class SpectralNorm:
    """A layer whose weight is divided by its largest singular value (Miyato et al., 2018), by power iteration.

    The weight is taken for a matrix of outputs by all the rest, so that of a convolution isn't its norm as a map of
    images.
    """

    layer: Dense | Conv | ConvTranspose


@dataclass(frozen=True)
class AxialAttention:
    """Self-attention along each axis of a map or volume by itself, the results added (Ho et al., 2019).

    Queries, keys and values of each head have ⌊channels / heads⌋ numbers. There are no biases: where the layer stands,
    a normalisation takes constants away again.
    """

    heads: int


Layer = (
    Dense | Conv | ConvTranspose | Norm | Activation | Flatten | Reshape | SwapAxes | Crop | Pad | Upsample | Scale
    | Residual | Concatenate | Unused | SpectralNorm | AxialAttention
)  # fmt: skip


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


def each_layer(layers: Sequence[Layer]) -> Iterator[Layer]:
    """All layers, each followed by those inside it."""
    for layer in layers:
        yield layer
        if isinstance(layer, SpectralNorm):
            yield layer.layer
        if isinstance(layer, Residual | Concatenate | Unused):
            yield from each_layer(layer.layers)
        if isinstance(layer, Residual):
            yield from each_layer(layer.shortcut)


def spectrally_normalised(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The same layers with all weights of dense layers and convolutions divided by their largest singular values."""
    return tuple(_spectrally_normalised(layer) for layer in layers)


def _spectrally_normalised(layer: Layer) -> Layer:
    match layer:
        case Dense() | Conv() | ConvTranspose():
            return SpectralNorm(layer)
        case Residual(layers=layers, shortcut=shortcut):
            return Residual(spectrally_normalised(layers), spectrally_normalised(shortcut))
        case Concatenate(layers=layers):
            return Concatenate(spectrally_normalised(layers))
    return layer


def needless_biases(layers: Sequence[Layer]) -> Iterator[Layer]:
    """The layers right before a normalisation that carry a bias all the same, also as the end of a block's branches."""
    for layer, following in pairwise(layers):
        if isinstance(following, Norm):
            yield from (last for last in _last_weighted(layer) if last.bias)
    for layer in layers:
        if isinstance(layer, Residual | Concatenate | Unused):
            yield from needless_biases(layer.layers)
        if isinstance(layer, Residual):
            yield from needless_biases(layer.shortcut)


def _last_weighted(layer: Layer) -> Iterator[Dense | Conv | ConvTranspose]:
    """The layers whose sum a layer's outputs are."""
    if isinstance(layer, Dense | Conv | ConvTranspose):
        yield layer
    elif isinstance(layer, SpectralNorm):
        yield layer.layer
    elif isinstance(layer, Residual):
        for branch in (layer.layers, layer.shortcut):
            yield from _last_weighted(branch[-1]) if branch else ()
