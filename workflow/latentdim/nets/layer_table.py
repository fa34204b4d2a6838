"""Tables of layers: what becomes of one example, layer by layer, without torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from latentdim.nets.layers import (
    Activation,
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
)


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


def sizes_of(table: Iterable[Row]) -> Iterator[int]:
    """How many numbers each layer gives for one example, those inside others too; what moves none is left out."""
    for row in table:
        yield from sizes_of(row.inside)
        if not isinstance(row.layer, Flatten | Reshape | SwapAxes | Crop | Unused):
            yield math.prod(row.shape)


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
    end, parameters, flops = end_of(branch, shape), *sums_of(branch)
    match layer:
        case Residual():
            shortcut = rows(layer.shortcut, shape)
            other, further = end_of(shortcut, shape), sums_of(shortcut)
            if end != other:
                raise Incompatible(f"the branches of a residual block end in {shown(end)} and {shown(other)}")
            return Row(layer, end, parameters + further[0], flops + further[1], (*branch, *shortcut))
        case Concatenate():
            _demand(layer, shape, len(shape) == len(end) == 1)
            return Row(layer, (shape[0] + end[0],), parameters, flops, branch)
        case Unused():
            return Row(layer, shape, parameters)


def sums_of(table: Sequence[Row]) -> tuple[int, int]:
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
