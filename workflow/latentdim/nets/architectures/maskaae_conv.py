"""MaskAAE's convolutional networks (supplement 9.4.2–9.4.4); its fully connected ones are presets of ``mlp``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from pydantic import Field, PositiveInt

from latentdim.nets.blocks import BatchNormOptions, Shortcut, halved, normed, residual_block, unhalvable
from latentdim.nets.layers import (
    Activation,
    Architecture,
    Conv,
    ConvTranspose,
    Dense,
    Flatten,
    Layer,
    Reshape,
    Residual,
    Shape,
)
from latentdim.registry.declarations import Network, Output, Preset


class MaskaaeDecoder(BatchNormOptions):
    """What MaskAAE's convolutional decoders have in common: dense layers, transposed convolutions, one convolution.

    Not stated: what is inside a residual block (here that of the two-stage VAE's released code), the padding (1), the
    constants of the normalisation (torch's) and the initial weights.
    """

    output: Output = Field("sigmoid", description="what the decoder's last layer goes through")
    decoder_hidden: tuple[PositiveInt, ...] = Field((), description="widths of dense layers before the first map")
    decoder_channels: PositiveInt = Field(512, description="of the decoder's first map")
    decoder_filters: tuple[PositiveInt, ...] = Field(
        (256, 256, 256, 256), min_length=1, description="of the decoder's transposed convolutions, 4×4 with stride 2"
    )
    decoder_residual: bool = Field(True, description="a residual block after each transposed convolution")
    shortcut: Shortcut = Field(
        "convolution", description="of residual blocks; not stated: a 3×3 convolution, or the input itself"
    )
    initialisation: Literal["torch", "glorot_uniform"] = Field(
        "torch", description="law of the initial weights, not stated; glorot_uniform (zero biases) is Keras's default"
    )


class MaskaaeConv(MaskaaeDecoder):
    """MaskAAE's networks with a plain encoder; the defaults are those for CIFAR-10 (9.4.3)."""

    name: Literal["maskaae_conv"] = "maskaae_conv"
    filters: tuple[PositiveInt, ...] = Field(
        (128, 128, 256), min_length=1, description="of the encoder's convolutions, 4×4 with stride 2"
    )
    hidden: PositiveInt = Field(1024, description="width of the encoder's dense layer")


class MaskaaeResidual(MaskaaeDecoder):
    """MaskAAE's network with residual blocks in the encoder, too; the defaults are those for CelebA (9.4.4)."""

    name: Literal["maskaae_residual"] = "maskaae_residual"
    filters: tuple[PositiveInt, ...] = Field(
        (16, 32, 64, 64),
        min_length=1,
        description="of the encoder's convolutions: the first one 3×3 with stride 1, the others 4×4 with stride 2",
    )
    hidden: PositiveInt = Field(512, description="width of the encoder's dense residual block")
    decoder_channels: PositiveInt = Field(16, description="of the decoder's first map")
    decoder_filters: tuple[PositiveInt, ...] = Field(
        (32, 64, 128, 256, 512), min_length=1, description="of the transposed convolutions, 4×4 with stride 2"
    )


def conv_layers(options: MaskaaeConv, shape: Shape, *, dim: int, outputs: int) -> Architecture:
    """The layers for images whose sides the decoder can double its way up to."""
    encoder: list[Layer] = []
    for filters in options.filters:
        encoder += normed(Conv(filters, 4, stride=2, padding=1), options.norm, "relu")
    encoder += [Flatten(), *normed(Dense(options.hidden), options.norm, "relu"), Dense(outputs)]
    return _architecture(options, shape, encoder)


def residual_layers(options: MaskaaeResidual, shape: Shape, *, dim: int, outputs: int) -> Architecture:
    """The layers for images whose sides the decoder can double its way up to."""
    first, *others = options.filters
    encoder: list[Layer] = [
        Conv(first, 3, padding=1, bias=False), options.norm,
        residual_block(first, options.norm, shortcut=options.shortcut, bias=True),
    ]  # fmt: skip
    for filters in others:
        block = residual_block(filters, options.norm, shortcut=options.shortcut, bias=True)
        encoder += [Conv(filters, 4, stride=2, padding=1), block]
    return _architecture(options, shape, [*encoder, Flatten(), _dense_block(options.hidden), Dense(outputs)])


def _dense_block(width: int) -> Residual:
    """Twice ReLU and a dense layer, beside one dense layer (released code of the two-stage VAE)."""
    relu = Activation("relu")
    return Residual((relu, Dense(width), relu, Dense(width)), shortcut=(Dense(width, bias=False),))


def _architecture(options: MaskaaeDecoder, shape: Shape, encoder: list[Layer]) -> Architecture:
    """An encoder with the decoder that all of them share."""
    norm, start = options.norm, (options.decoder_channels, *halved(shape, len(options.decoder_filters)))
    decoder: list[Layer] = []
    for width in (*options.decoder_hidden, math.prod(start)):
        decoder += normed(Dense(width), norm, "relu")
    decoder.append(Reshape(start))
    for filters in options.decoder_filters:
        decoder += normed(ConvTranspose(filters, 4, stride=2, padding=1), norm, "relu")
        if options.decoder_residual:
            block = residual_block(filters, norm, shortcut=options.shortcut, bias=False)
            decoder += [block, norm, Activation("relu")]
    return Architecture(
        encoder=tuple(encoder), decoder=(*decoder, Conv(shape[0], 3, padding=1)),
        output=options.output, initialisation=options.initialisation,
    )  # fmt: skip


def compatibility(options: MaskaaeDecoder, shape: Shape) -> Iterator[str]:
    """Whether examples are images, with sides that halve as often as the decoder doubles its first map."""
    yield from unhalvable(options, shape, key="decoder_filters", times=len(options.decoder_filters))


NETWORK = (
    Network(
        name="maskaae_conv",
        title="MaskAAE's convolutions",
        options=MaskaaeConv,
        layers=conv_layers,
        compatibility=compatibility,
        source="MaskAAE, supplement 9.4.2 and 9.4.3",
        shape=(3, 32, 32),
        presets=(
            Preset(
                name="maskaae_cifar10", options={}, shape=(3, 32, 32), source="MaskAAE, supplement 9.4.3, CIFAR-10"
            ),
            Preset(
                name="maskaae_fashion_mnist",
                options={
                    "filters": (64, 128), "decoder_hidden": (1024,), "decoder_channels": 128,
                    "decoder_filters": (128, 128), "decoder_residual": False,
                },
                shape=(1, 28, 28),
                source="MaskAAE, supplement 9.4.2, Fashion-MNIST",
            ),
        ),
    ),
    Network(
        name="maskaae_residual",
        title="MaskAAE's residual network",
        options=MaskaaeResidual,
        layers=residual_layers,
        compatibility=compatibility,
        source="MaskAAE, supplement 9.4.4",
        shape=(3, 32, 32),
        presets=(
            Preset(name="maskaae_celeba", options={}, shape=(3, 64, 64), source="MaskAAE, supplement 9.4.4, CelebA"),
        ),
    ),
)  # fmt: skip
