"""A network whose widths halve towards the code."""

import math
from typing import Literal

from pydantic import Field, PositiveInt

from latentdim import Network, NetworkOptions
from latentdim.nets.layers import Architecture, Flatten, Reshape, Shape, dense
from latentdim.registry.declarations import Output


class Halving(NetworkOptions):
    """How often the width halves."""

    name: Literal["halving"] = "halving"
    times: PositiveInt = Field(2, description="hidden layers of the encoder, each half as wide as what it is given")
    output: Output = Field("linear", description="what the decoder's last layer goes through")


def layers(options: Halving, shape: Shape, *, dim: int, outputs: int) -> Architecture:
    """For examples of any shape."""
    widths = [max(1, math.prod(shape) >> (step + 1)) for step in range(options.times)]
    encoder = (Flatten(), *dense((*widths, outputs), "silu"))
    decoder = (*dense((*reversed(widths), math.prod(shape)), "silu"), Reshape(shape))
    return Architecture(encoder=encoder, decoder=decoder, output=options.output)


NETWORK = Network(
    name="halving", title="Halving", options=Halving, layers=layers, source="this package", shape=(1, 8, 8)
)
