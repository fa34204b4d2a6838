"""The convolutional network of disentanglement_lib, which ARD-VAE names as the source of its networks for factors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from latentdim.nets.blocks import halved, unhalvable
from latentdim.nets.layers import (
    Activation,
    Architecture,
    Conv,
    ConvTranspose,
    Dense,
    Flatten,
    Layer,
    Reshape,
    Shape,
)
from latentdim.registry.declarations import Network, NetworkOptions, Output

HALVINGS = 4
WIDTH = 256  # of the dense layers around the code
FILTERS = ((32, 4), (32, 4), (64, 2), (64, 2))  # of the encoder, with their kernels
DECODER_FILTERS = (64, 32, 32)


class FactorConv(NetworkOptions):
    """disentanglement_lib's convolutional encoder and decoder (Locatello et al., 2019).

    ARD-VAE's Table 5 (``ard_factors``) differs: it has no dense layers of 256 units, and kernels of 4 throughout.
    """

    name: Literal["factor_conv"] = "factor_conv"
    output: Output = Field("sigmoid", description="what the decoder's last layer goes through")
    initialisation: Literal["torch", "glorot_uniform"] = Field(
        "glorot_uniform", description="law of the initial weights; glorot_uniform (zero biases): TensorFlow's default"
    )


def layers(options: FactorConv, shape: Shape, *, dim: int, outputs: int) -> Architecture:
    """The layers for images, ``(channels, height, width)``."""
    relu, start = Activation("relu"), (DECODER_FILTERS[0], *halved(shape, HALVINGS))
    encoder: list[Layer] = []
    for filters, kernel in FILTERS:
        encoder += [Conv(filters, kernel, stride=2, padding=kernel // 2 - 1), relu]
    decoder: list[Layer] = [Dense(WIDTH), relu, Dense(start[0] * start[1] * start[2]), relu, Reshape(start)]
    for filters in DECODER_FILTERS:
        decoder += [ConvTranspose(filters, 4, stride=2, padding=1), relu]
    return Architecture(
        encoder=(*encoder, Flatten(), Dense(WIDTH), relu, Dense(outputs)),
        decoder=(*decoder, ConvTranspose(shape[0], 4, stride=2, padding=1)),
        output=options.output, initialisation=options.initialisation,
    )  # fmt: skip


def compatibility(options: FactorConv, shape: Shape) -> Iterator[str]:
    """Whether examples are images with sides that halve four times."""
    yield from unhalvable(options, shape, times=HALVINGS)


NETWORK = Network(
    name="factor_conv",
    title="disentanglement_lib's convolutions",
    options=FactorConv,
    layers=layers,
    compatibility=compatibility,
    source="Locatello et al. (2019), released code, which ARD-VAE's supplement names for DSprites and 3D Shapes",
    shape=(1, 64, 64),
)
