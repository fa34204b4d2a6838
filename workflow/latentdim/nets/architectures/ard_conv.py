"""The convolutional networks of ARD-VAE."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

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
    Scale,
    Shape,
)
from latentdim.registry.declarations import Network, NetworkOptions, Output

HIDDEN_SEED = 0  # of the released code: hidden convolutions start alike in every run


class ArdConv(NetworkOptions):
    """The convolutional networks of ARD-VAE (supplement, Tables 4 and 5): kernels of 4 and ReLU.

    The defaults are the MNIST column of Table 4 (32×32×1); ``last_stride: 1`` with ``decoder_side: 8`` gives its
    CIFAR-10 column. Table 5 (DSprites, 3D Shapes) is filters 32, 32, 64, 64, decoder_filters 64, 32, 32 and
    decoder_side 4, without batch normalisation and symmetric input. What follows its decoder's dense layer isn't
    stated; here it is nothing.
    """

    name: Literal["ard_conv"] = "ard_conv"
    filters: tuple[PositiveInt, ...] = Field((64, 128, 256, 512), min_length=2, description="encoder, stride 2 each")
    decoder_filters: tuple[PositiveInt, ...] = Field((256, 128, 64), min_length=1, description="decoder, stride 2 each")
    decoder_side: PositiveInt = Field(
        2, description="side of the decoder's first feature map (as many channels as the encoder ends with)"
    )
    last_stride: Literal[1, 2] = Field(2, description="stride of the last transposed convolution")
    output: Output = Field("sigmoid", description="what the decoder's last layer goes through")
    batch_norm: bool = Field(True, description="batch normalisation before each ReLU; Table 5 has none")
    symmetric_input: bool = Field(True, description="the encoder first maps its input by 2x − 1 (released code)")
    initialisation: Literal["torch", "keras"] = Field(
        "keras",
        description="keras: He-normal hidden convolutions, Glorot-uniform dense and last layers, zero biases",
    )
    fixed_hidden_seed: bool = Field(
        False, description="draw the hidden convolutions from one seed in every run, as the released code does"
    )
    norm_eps: PositiveFloat = Field(1e-3, description="Keras's default, where torch has 1e-5")
    norm_momentum: float = Field(0.01, gt=0, le=1, description="weight of the newest batch (Keras's 0.99 is 0.01 here)")


def layers(options: ArdConv, shape: Shape, *, dim: int, outputs: int) -> Architecture:
    """The layers for square images, ``(channels, side, side)``."""
    last, side = options.filters[-1], options.decoder_side
    biased = not options.batch_norm
    encoder: list[Layer] = [Scale(2.0, -1.0)] if options.symmetric_input else []
    for filters in options.filters:
        encoder += [Conv(filters, 4, stride=2, padding=1, bias=biased), *_activated(options)]
    decoder: list[Layer] = [Dense(last * side * side), Reshape((last, side, side))]
    for filters in options.decoder_filters:
        decoder += [ConvTranspose(filters, 4, stride=2, padding=1, bias=biased), *_activated(options)]
    decoder.append(ConvTranspose(shape[0], 4, stride=options.last_stride, padding=1))
    if options.last_stride == 1:
        decoder.append(Crop(1))  # TensorFlow's "same" padding of a transposed convolution of size 4
    return Architecture(
        encoder=(*encoder, Flatten(), Dense(outputs)), decoder=tuple(decoder),
        output=options.output, initialisation=options.initialisation,
        hidden_seed=HIDDEN_SEED if options.fixed_hidden_seed else None,
    )  # fmt: skip


def _activated(options: ArdConv) -> tuple[Layer, ...]:
    norm = Norm(eps=options.norm_eps, momentum=options.norm_momentum)
    return (norm, Activation("relu")) if options.batch_norm else (Activation("relu"),)


def compatibility(options: ArdConv, shape: Shape) -> Iterator[str]:
    """Whether examples are square images that halve as often as there are strided convolutions."""
    if len(shape) != 3 or shape[1] != shape[2]:
        yield f": 'ard_conv' takes square images (channels, side, side); this dataset has {shape}"
        return
    side, halvings = shape[1], len(options.filters)
    if side % 2**halvings:
        yield f".filters: {halvings} strided convolutions need a side divisible by {2**halvings}, not {side}"
    made = options.decoder_side * 2 ** len(options.decoder_filters) * options.last_stride
    if made != side:
        yield f".decoder_side = {options.decoder_side} makes {made}×{made} images, but they are {side}×{side}"


NETWORK = Network(
    name="ard_conv",
    title="ARD-VAE's convolutions",
    options=ArdConv,
    layers=layers,
    compatibility=compatibility,
    source="ARD-VAE, supplement, Tables 4 and 5, and the released code",
    version=3,  # 2: no bias before batch normalisation; 3: channels last on the CPU
    shape=(1, 32, 32),
)
