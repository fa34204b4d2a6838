"""A network for GECO-L0-ARM-VAE. Its authors' layers aren't published: this one is assumed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from pydantic import Field, PositiveInt

from latentdim.nets.blocks import halved, unhalvable
from latentdim.nets.layers import Activation, Architecture, Conv, Dense, Flatten, Layer, Reshape, Shape, Upsample
from latentdim.registry.declarations import Network, NetworkOptions, Output


class GecoConv(NetworkOptions):
    """An assumed stand-in for the networks of De Boom et al. (2021), of which only one thing is told.

    Their decoder enlarges maps by a fixed rule and convolves them (no transposed convolutions); kinds, number and
    widths of layers are choices made here. Numbers that rest on it are none of that paper's network.
    """

    name: Literal["geco_conv"] = "geco_conv"
    output: Output = Field("sigmoid", description="what the decoder's last layer goes through")
    filters: tuple[PositiveInt, ...] = Field(
        (32, 64), min_length=1, description="of the encoder's convolutions, 3×3 with stride 2; assumed"
    )
    hidden: PositiveInt = Field(256, description="width of a dense layer on both sides of the code; assumed")


def layers(options: GecoConv, shape: Shape, *, dim: int, outputs: int) -> Architecture:
    """The layers for images, ``(channels, height, width)``; the decoder mirrors the encoder."""
    relu, start = Activation("relu"), (options.filters[-1], *halved(shape, len(options.filters)))
    encoder: list[Layer] = []
    for filters in options.filters:
        encoder += [Conv(filters, 3, stride=2, padding=1), relu]
    decoder: list[Layer] = [Dense(options.hidden), relu, Dense(math.prod(start)), relu, Reshape(start)]
    for filters in reversed(options.filters):
        decoder += [Upsample(2), Conv(filters, 3, padding=1), relu]
    return Architecture(
        encoder=(*encoder, Flatten(), Dense(options.hidden), relu, Dense(outputs)),
        decoder=(*decoder, Conv(shape[0], 3, padding=1)),
        output=options.output,
    )


def compatibility(options: GecoConv, shape: Shape) -> Iterator[str]:
    """Whether examples are images, with sides that halve as often as there are convolutions."""
    yield from unhalvable(options, shape, key="filters", times=len(options.filters))


NETWORK = Network(
    name="geco_conv",
    title="Convolutions with upsampling (assumed)",
    options=GecoConv,
    layers=layers,
    compatibility=compatibility,
    source="assumed: the layers of De Boom et al. (2021), on which ARD-VAE's Table 5 rests, aren't published",
    shape=(1, 28, 28),
    stand_in="assumed network",
)
