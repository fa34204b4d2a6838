"""Shapes, parameters and operations of a network, counted from its layers without torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from latentdim import registry
from latentdim.nets.layers import (
    Activation,
    Architecture,
    AxialAttention,
    Concatenate,
    Conv,
    ConvTranspose,
    Crop,
    Dense,
    Flatten,
    Layer,
    Norm,
    Pad,
    Reshape,
    Residual,
    Scale,
    Shape,
    Sizes,
    SpectralNorm,
    SwapAxes,
    Unused,
    Upsample,
    each_axis,
    spectrally_normalised,
)
from latentdim.registry.declarations import Network, NetworkOptions

MOST_VALUES = 2**28  # that one layer gives at once in evaluation, a GB: of larger batches, pieces follow one another


class Incompatible(ValueError):
    """A layer that can't take what reaches it; the message says so in a sentence."""


@dataclass(frozen=True)
class Row:
    """One layer of a table of layers.

    Attributes:
        shape: of what it gives for one example.
        parameters: trained numbers.
        flops: of a forward pass of one example, a multiplication and an addition each counting one. Only sums of
            products count, as for torch's own counter: no biases, normalisations and activations.
        inside: rows of the layers inside it.
    """

    layer: Layer
    shape: Shape
    parameters: int = 0
    flops: int = 0
    inside: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Counts:
    """What encoder and decoder add up to.

    Attributes:
        values: numbers that all layers give for one example, which a training keeps for its way back.
        widest: the most that one of them gives.
    """

    parameters: int
    flops: int
    values: int
    widest: int


def architecture(options: NetworkOptions, *, shape: Shape, dim: int, outputs: int | None = None) -> Architecture:
    """The layers of a protocol's network block, for examples of ``shape`` and ``dim`` latent dimensions.

    Args:
        outputs: how many numbers the encoder gives; ``dim`` where none is named.
    """
    network = registry.networks().get(options.name)
    layers: Architecture = network.layers(options, shape, dim=dim, outputs=dim if outputs is None else outputs)
    if options.spectral_norm in {"encoder", "both"}:
        layers = replace(layers, encoder=spectrally_normalised(layers.encoder))
    if options.spectral_norm in {"decoder", "both"}:
        layers = replace(layers, decoder=spectrally_normalised(layers.decoder))
    return layers


def declared_architecture(options: NetworkOptions) -> Architecture | None:
    """The layers for examples that a network, or a preset of it, is declared with; None where options fit no such.

    For those who ask what kinds of layers there are, and don't know the examples.
    """
    network = registry.networks().get(options.name)
    for shape in (network.shape, *(preset.shape for preset in network.presets)):
        if not compatibility(options, shape=shape, dim=2):
            return architecture(options, shape=shape, dim=2)
    return None


def rows(layers: Iterable[Layer], shape: Shape) -> tuple[Row, ...]:
    """Layer by layer what becomes of one example of ``shape``.

    Raises:
        Incompatible: if a layer can't take what reaches it.
    """
    table: list[Row] = []
    for layer in layers:
        table.append(_row(layer, shape))
        shape = table[-1].shape
    return tuple(table)


def end_of(table: Sequence[Row], shape: Shape) -> Shape:
    """The shape in which a table of layers ends that began with ``shape``."""
    return table[-1].shape if table else shape


def counts(options: NetworkOptions, *, shape: Shape, dim: int, outputs: int | None = None) -> Counts:
    """Parameters and operations of encoder and decoder together.

    Raises:
        Incompatible: if the network can't take such examples.
    """
    return _counts(registry.networks().get(options.name), options, shape, dim, dim if outputs is None else outputs)


@lru_cache(maxsize=4096)  # a plan asks for the same network in thousands of runs
def _counts(network: Network, options: NetworkOptions, shape: Shape, dim: int, outputs: int) -> Counts:
    layers: Architecture = network.layers(options, shape, dim=dim, outputs=outputs)
    table = (*rows(layers.encoder, shape), *rows(layers.decoder, (dim,)))
    sizes = list(sizes_of(table))
    return Counts(*_sums(table), sum(sizes), max(sizes))


def sizes_of(table: Iterable[Row]) -> Iterator[int]:
    """How many numbers each layer gives for one example, those inside others too; what moves none is left out."""
    for row in table:
        yield from sizes_of(row.inside)
        if not isinstance(row.layer, Flatten | Reshape | SwapAxes | Crop | Unused):
            yield math.prod(row.shape)


def compatibility(options: NetworkOptions, *, shape: Shape, dim: int) -> tuple[str, ...]:
    """Sentences about why a network can't take examples of ``shape`` at ``dim`` latent dimensions; empty where it can.

    Each begins with the option it is about or with a colon, to be put behind the network block's key. The network's
    own sentences come first; where it has none, its layers are counted through and must end where they should.
    """
    return _compatibility(registry.networks().get(options.name), options, shape, dim)


@lru_cache(maxsize=4096)
def _compatibility(network: Network, options: NetworkOptions, shape: Shape, dim: int) -> tuple[str, ...]:
    own = tuple(network.compatibility(options, shape)) if network.compatibility else ()
    if own:
        return own
    layers: Architecture = network.layers(options, shape, dim=dim, outputs=dim)
    sentences: list[str] = []
    for part, stack, start, end in (
        ("encoder", layers.encoder, shape, (dim,)), ("decoder", layers.decoder, (dim,), shape),
    ):  # fmt: skip
        try:
            reached = end_of(rows(stack, start), start)
        except Incompatible as refusal:
            sentences.append(f": the {part} of '{network.name}' can't take {shown(start)}: {refusal}")
            continue
        if reached != end:
            sentences.append(f": the {part} of '{network.name}' ends in {shown(reached)}, not in {shown(end)}")
    return tuple(sentences)


def shown(shape: Shape) -> str:
    """A shape in print: ``1×32×32``, or ``16 values``."""
    return f"{shape[0]} values" if len(shape) == 1 else "×".join(map(str, shape))


def _row(layer: Layer, shape: Shape) -> Row:
    match layer:
        case Dense(width=width, bias=bias):
            _demand(layer, shape, len(shape) == 1)
            return Row(layer, (width,), (shape[0] + bias) * width, 2 * shape[0] * width)
        case Conv() | ConvTranspose():
            return _convolution(layer, shape)
        case Norm():
            _demand(layer, shape, len(shape) in {1, 3, 4})
            return Row(layer, shape, 2 * shape[0])
        case Activation() | Scale():
            return Row(layer, shape)
        case Flatten() | Reshape() | SwapAxes() | Crop() | Pad() | Upsample():
            return Row(layer, _moved(layer, shape))
        case Residual() | Concatenate() | Unused():
            return _branched(layer, shape)
        case SpectralNorm(layer=inner):
            row = _row(inner, shape)
            return Row(layer, row.shape, row.parameters, row.flops)
        case AxialAttention():
            return _attention(layer, shape)


def _moved(layer: Flatten | Reshape | SwapAxes | Crop | Pad | Upsample, shape: Shape) -> Shape:
    """The shape that is left by a layer that computes nothing."""
    match layer:
        case Flatten():
            return (math.prod(shape),)
        case Reshape(shape=new):
            _demand(layer, shape, shape == (math.prod(new),))
            return new
        case SwapAxes():
            _demand(layer, shape, len(shape) > 1)
            return (shape[1], shape[0], *shape[2:])
        case Crop(last=last):
            lasts = _along(layer, shape, last)
            sides = tuple(side - n for side, n in zip(shape[1:], lasts, strict=True))
        case Pad(before=before, after=after):
            ends = zip(shape[1:], _along(layer, shape, before), _along(layer, shape, after), strict=True)
            sides = tuple(sum(end) for end in ends)
        case Upsample(factor=factor):
            sides = tuple(side * times for side, times in zip(shape[1:], _along(layer, shape, factor), strict=True))
    _demand(layer, shape, min(sides) > 0)
    return (shape[0], *sides)


def _along(layer: Layer, shape: Shape, sizes: Sizes) -> tuple[int, ...]:
    """One of a layer's sizes for each axis of the map or volume that it is given."""
    axes = len(shape) - 1
    _demand(layer, shape, axes in {2, 3} and (isinstance(sizes, int) or len(sizes) == axes))
    return each_axis(sizes, axes)


def _convolution(layer: Conv | ConvTranspose, shape: Shape) -> Row:
    kernel = _along(layer, shape, layer.kernel)
    axes = zip(shape[1:], kernel, _along(layer, shape, layer.stride), _along(layer, shape, layer.padding), strict=True)
    if isinstance(layer, Conv):
        sides = tuple((side + 2 * padding - size) // stride + 1 for side, size, stride, padding in axes)
        places = math.prod(sides)  # where the kernel is laid on
    else:
        sides = tuple((side - 1) * stride - 2 * padding + size for side, size, stride, padding in axes)
        places = math.prod(shape[1:])
    _demand(layer, shape, min(sides) > 0)
    weights = math.prod(kernel) * shape[0] * layer.filters
    return Row(layer, (layer.filters, *sides), weights + layer.bias * layer.filters, 2 * weights * places)


def _branched(layer: Residual | Concatenate | Unused, shape: Shape) -> Row:
    branch = rows(layer.layers, shape)
    end, parameters, flops = end_of(branch, shape), *_sums(branch)
    match layer:
        case Residual():
            shortcut = rows(layer.shortcut, shape)
            other, further = end_of(shortcut, shape), _sums(shortcut)
            if end != other:
                raise Incompatible(f"the branches of a residual block end in {shown(end)} and {shown(other)}")
            return Row(layer, end, parameters + further[0], flops + further[1], (*branch, *shortcut))
        case Concatenate():
            _demand(layer, shape, len(shape) == len(end) == 1)
            return Row(layer, (shape[0] + end[0],), parameters, flops, branch)
        case Unused():
            return Row(layer, shape, parameters)


def _sums(table: Sequence[Row]) -> tuple[int, int]:
    """Parameters and operations."""
    return sum(row.parameters for row in table), sum(row.flops for row in table)


def _attention(layer: AxialAttention, shape: Shape) -> Row:
    _demand(layer, shape, len(shape) in {3, 4} and shape[0] >= layer.heads)
    channels, places = shape[0], math.prod(shape[1:])
    inner = channels // layer.heads * layer.heads
    weights = 4 * channels * inner  # of queries, keys, values, and what leads back
    # Each place is compared with all along the axis, and their values are added up.
    along = sum(2 * weights + 4 * inner * side for side in shape[1:])
    return Row(layer, shape, (len(shape) - 1) * weights, places * along)


def _demand(layer: Layer, shape: Shape, fits: bool) -> None:
    if not fits:
        raise Incompatible(f"{layer} is given {shown(shape)}")
