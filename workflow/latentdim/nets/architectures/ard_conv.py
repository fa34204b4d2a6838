"""The convolutional networks of ARD-VAE, and those of RAE, which they follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from latentdim.nets.blocks import BatchNormOptions, doubling, halving, same_transposed
from latentdim.nets.layers import Activation, Architecture, Dense, Flatten, Layer, Reshape, Scale, Shape
from latentdim.registry.declarations import Network, Output, Preset

HIDDEN_SEED = 0  # of the released code: hidden convolutions start alike in every run


class ArdConv(BatchNormOptions):
    """The convolutional networks of ARD-VAE (supplement, Tables 4 and 5): kernels of 4 and ReLU.

    The defaults are the MNIST column of Table 4 (32×32×1). What follows its decoder's dense layer isn't stated; here it
    is nothing, as in the released code.
    """

    name: Literal["ard_conv"] = "ard_conv"
    filters: tuple[PositiveInt, ...] = Field((64, 128, 256, 512), min_length=2, description="encoder, stride 2 each")
    decoder_filters: tuple[PositiveInt, ...] = Field((256, 128, 64), min_length=1, description="decoder, stride 2 each")
    decoder_side: PositiveInt = Field(
        2, description="side of the decoder's first feature map (as many channels as the encoder ends with)"
    )
    kernel: Literal[4, 5] = Field(4, description="of all convolutions; 5 on CelebA in RAE's released code")
    last_stride: Literal[1, 2] = Field(2, description="stride of the last transposed convolution")
    output: Output = Field("sigmoid", description="what the decoder's last layer goes through")
    batch_norm: bool = Field(True, description="batch normalisation before each ReLU; Table 5 has none")
    symmetric_input: bool = Field(True, description="the encoder first maps its input by 2x − 1 (released code)")
    initialisation: Literal["torch", "keras", "glorot_uniform"] = Field(
        "keras",
        description="keras: He-normal hidden convolutions, Glorot-uniform dense and last layers, zero biases; "
        "glorot_uniform: all layers, zero biases (RAE's released code)",
    )
    fixed_hidden_seed: bool = Field(
        False, description="draw the hidden convolutions from one seed in every run, as the released code does"
    )
    norm_eps: PositiveFloat = Field(1e-3, description="added to the variance; Keras's default, where torch has 1e-5")
    norm_momentum: float = Field(0.01, gt=0, le=1, description="weight of the newest batch (Keras's 0.99 is 0.01 here)")


def layers(options: ArdConv, shape: Shape, *, dim: int, outputs: int) -> Architecture:
    """The layers for square images, ``(channels, side, side)``."""
    last, side, kernel = options.filters[-1], options.decoder_side, options.kernel
    bias = not options.batch_norm
    encoder: list[Layer] = [Scale(2.0, -1.0)] if options.symmetric_input else []
    for filters in options.filters:
        encoder += [*halving(filters, kernel, bias=bias), *_activated(options)]
    decoder: list[Layer] = [Dense(last * side * side), Reshape((last, side, side))]
    for filters in options.decoder_filters:
        decoder += [*doubling(filters, kernel, bias=bias), *_activated(options)]
    decoder += doubling(shape[0], kernel) if options.last_stride == 2 else same_transposed(shape[0], kernel)
    return Architecture(
        encoder=(*encoder, Flatten(), Dense(outputs)), decoder=tuple(decoder),
        output=options.output, initialisation=options.initialisation,
        hidden_seed=HIDDEN_SEED if options.fixed_hidden_seed else None,
    )  # fmt: skip


def _activated(options: ArdConv) -> tuple[Layer, ...]:
    return (options.norm, Activation("relu")) if options.batch_norm else (Activation("relu"),)


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


CIFAR10_COLUMN = {
    "filters": (128, 256, 512, 1024), "decoder_filters": (512, 256), "decoder_side": 8, "last_stride": 1,
}  # fmt: skip
TABLE_5 = {
    "filters": (32, 32, 64, 64), "decoder_filters": (64, 32, 32), "decoder_side": 4, "batch_norm": False,
    "symmetric_input": False,
}  # fmt: skip
RAE = {"initialisation": "glorot_uniform"}

NETWORK = Network(
    name="ard_conv",
    title="ARD-VAE's convolutions",
    options=ArdConv,
    layers=layers,
    compatibility=compatibility,
    source="ARD-VAE, supplement, Tables 4 and 5, and the released code",
    version=3,  # 2: no bias before batch normalisation; 3: channels last on the CPU
    shape=(1, 32, 32),
    presets=(
        Preset(name="ard_mnist_32", options={}, shape=(1, 32, 32), source="ARD-VAE, supplement, Table 4, MNIST"),
        Preset(
            name="ard_celeba",
            options={"decoder_side": 8, "last_stride": 1, "output": "tanh"},
            shape=(3, 64, 64),
            source="ARD-VAE, supplement, Table 4, CelebA: images in [−1, 1], which the released code maps once more",
        ),
        Preset(
            name="ard_cifar10",
            options=CIFAR10_COLUMN,
            shape=(3, 32, 32),
            source="ARD-VAE, supplement, Table 4, CIFAR-10 and ImageNet",
        ),
        Preset(
            name="ard_factors",
            options=TABLE_5,
            shape=(1, 64, 64),
            source="ARD-VAE, supplement, Table 5, DSprites and 3D Shapes. It prints no output function for DSprites: "
            "with likelihood 'bernoulli' the loss takes the logits, and the sigmoid stands in reconstructions alone",
        ),
        Preset(
            name="rae_mnist_32",
            options=CIFAR10_COLUMN | RAE,
            shape=(1, 32, 32),
            source="RAE, released code: one network for MNIST (padded to 32×32) and CIFAR-10",
        ),
        Preset(
            name="rae_cifar10",
            options=CIFAR10_COLUMN | RAE,
            shape=(3, 32, 32),
            source="RAE, released code: one network for MNIST (padded to 32×32) and CIFAR-10",
        ),
        Preset(
            name="rae_celeba",
            options=CIFAR10_COLUMN | RAE | {"decoder_filters": (512, 256, 128), "kernel": 5, "symmetric_input": False},
            shape=(3, 64, 64),
            source="RAE, released code, CelebA",
        ),
    ),
)
