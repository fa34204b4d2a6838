"""Shapes, parameters and operations of a network, counted from its layers without torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from latentdim import registry
from latentdim.nets.layers import (
    Activation,
    Architecture,
    Conv,
    ConvTranspose,
    Crop,
    Dense,
    Flatten,
    Layer,
    Norm,
    Reshape,
    Residual,
    Scale,
    Shape,
)
from latentdim.registry.declarations import Network, NetworkOptions


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
    """

    layer: Layer
    shape: Shape
    parameters: int = 0
    flops: int = 0


@dataclass(frozen=True)
class Counts:
    """What encoder and decoder add up to."""

    parameters: int
    flops: int


def architecture(options: NetworkOptions, *, shape: Shape, dim: int, outputs: int | None = None) -> Architecture:
    """The layers of a protocol's network block, for examples of ``shape`` and ``dim`` latent dimensions.

    Args:
        outputs: how many numbers the encoder gives; ``dim`` where none is named.
    """
    network = registry.networks().get(options.name)
    layers: Architecture = network.layers(options, shape, dim=dim, outputs=dim if outputs is None else outputs)
    return layers


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
    return Counts(sum(row.parameters for row in table), sum(row.flops for row in table))


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
            _demand(layer, shape, len(shape) == 3)
            return _convolution(layer, shape)
        case Norm():
            _demand(layer, shape, len(shape) in {1, 3})
            return Row(layer, shape, 2 * shape[0])
        case Activation() | Scale():
            return Row(layer, shape)
        case Flatten():
            return Row(layer, (math.prod(shape),))
        case Reshape(shape=new):
            _demand(layer, shape, shape == (math.prod(new),))
            return Row(layer, new)
        case Crop(last=last):
            _demand(layer, shape, len(shape) == 3 and min(shape[1:]) > last)
            return Row(layer, (shape[0], shape[1] - last, shape[2] - last))
        case Residual():
            return _residual(layer, shape)


def _convolution(layer: Conv | ConvTranspose, shape: Shape) -> Row:
    kernel, stride, padding = layer.kernel, layer.stride, layer.padding
    if isinstance(layer, Conv):
        sides = tuple((side + 2 * padding - kernel) // stride + 1 for side in shape[1:])
        places = math.prod(sides)  # where the kernel is laid on
    else:
        sides = tuple((side - 1) * stride - 2 * padding + kernel for side in shape[1:])
        places = math.prod(shape[1:])
    _demand(layer, shape, min(sides) > 0)
    weights = kernel * kernel * shape[0] * layer.filters
    return Row(layer, (layer.filters, *sides), weights + layer.bias * layer.filters, 2 * weights * places)


def _residual(layer: Residual, shape: Shape) -> Row:
    branches = rows(layer.layers, shape), rows(layer.shortcut, shape)
    one, two = (end_of(branch, shape) for branch in branches)
    if one != two:
        raise Incompatible(f"the branches of a residual block end in {shown(one)} and {shown(two)}")
    inside = [row for branch in branches for row in branch]
    return Row(layer, one, sum(row.parameters for row in inside), sum(row.flops for row in inside))


def _demand(layer: Layer, shape: Shape, fits: bool) -> None:
    if not fits:
        raise Incompatible(f"{layer} is given {shown(shape)}")
