"""Fully connected networks."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, PositiveInt

from latentdim.nets.layers import ActivationName, Architecture, Flatten, Reshape, Shape, dense
from latentdim.registry.declarations import Network, NetworkOptions, Output


class Mlp(NetworkOptions):
    """Fully connected encoder and decoder, mirror images of each other."""

    name: Literal["mlp"] = "mlp"
    hidden: tuple[PositiveInt, ...] = Field((1000,), description="widths of the encoder's hidden layers")
    activation: ActivationName = Field("relu", description="between any two layers; leaky_relu has a slope of 0.2")
    output: Output = Field("linear", description="what the decoder's last layer goes through")
    initialisation: Literal["torch", "glorot_uniform"] = Field(
        "torch", description="law of the initial weights; glorot_uniform (zero biases) is Keras's default"
    )


def layers(options: Mlp, shape: Shape, *, dim: int, outputs: int) -> Architecture:
    """The layers for examples of any shape."""
    encoder = dense((*options.hidden, outputs), options.activation)
    decoder = dense((*reversed(options.hidden), math.prod(shape)), options.activation)
    return Architecture(
        encoder=(Flatten(), *encoder), decoder=(*decoder, Reshape(shape)),
        output=options.output, initialisation=options.initialisation,
    )  # fmt: skip


NETWORK = Network(
    name="mlp",
    title="MLP",
    options=Mlp,
    layers=layers,
    source="MaskAAE, supplement 9.3 and 9.4.1: one hidden layer of 1000, or four of 1024",
    shape=(1, 8, 8),
)
