"""The networks of the two-stage VAE: InfoGAN's layers on images, and the second stage's on codes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from latentdim.nets.blocks import BatchNormOptions, halved, normed, unhalvable
from latentdim.nets.layers import (
    Activation,
    Architecture,
    Concatenate,
    Conv,
    ConvTranspose,
    Dense,
    Flatten,
    Layer,
    Normal,
    Reshape,
    Shape,
)
from latentdim.registry.declarations import Network, NetworkOptions, Output

INITIALISATION = Normal(0.02, truncated=True)
HALVINGS = 2


class InfoGan(BatchNormOptions):
    """InfoGAN's layers as in the two-stage VAE's released code, with weights of N(0, 0.02²) and zero biases.

    MaskAAE's Table 1 prints that paper's values on MNIST, Fashion-MNIST, CIFAR-10 and CelebA, by all signs of these
    networks. The normalisation's moments move slowly, 0.999 of the former ones staying at each batch: they take some
    thousand steps to arrive, and until then evaluation sees another network than training.
    """

    name: Literal["infogan"] = "infogan"
    output: Output = Field("sigmoid", description="what the decoder's last layer goes through")
    spectral_norm: Literal["none", "encoder", "decoder", "both"] = Field(
        "encoder", description="whose weights are divided by their largest singular values (Miyato et al., 2018)"
    )
    norm_momentum: float = Field(0.001, gt=0, le=1, description="weight of the newest batch in the moments")


def infogan_layers(options: InfoGan, shape: Shape, *, dim: int, outputs: int) -> Architecture:
    """The layers for images whose sides can be halved twice."""
    norm, start = options.norm, (128, *halved(shape, HALVINGS))
    encoder: tuple[Layer, ...] = (
        Conv(64, 4, stride=2, padding=1), Activation("leaky_relu"),
        *normed(Conv(128, 4, stride=2, padding=1), norm, "leaky_relu"),
        Flatten(), *normed(Dense(1024), norm, "leaky_relu"), Dense(outputs),
    )  # fmt: skip
    decoder: tuple[Layer, ...] = (
        *normed(Dense(1024), norm, "relu"), *normed(Dense(math.prod(start)), norm, "relu"), Reshape(start),
        *normed(ConvTranspose(64, 4, stride=2, padding=1), norm, "relu"),
        ConvTranspose(shape[0], 4, stride=2, padding=1),
    )  # fmt: skip
    return Architecture(encoder=encoder, decoder=decoder, output=options.output, initialisation=INITIALISATION)


def infogan_compatibility(options: InfoGan, shape: Shape) -> Iterator[str]:
    """Whether examples are images with sides that halve twice."""
    yield from unhalvable(options, shape, times=HALVINGS)


class SecondStage(NetworkOptions):
    """Encoder and decoder of codes: dense layers, whose last one is also given what the first one was given.

    The two-stage VAE's released code trains it on codes of a first stage, with as many latent dimensions again.
    """

    name: Literal["second_stage"] = "second_stage"
    output: Output = Field("linear", description="what the decoder's last layer goes through")
    width: PositiveInt = Field(1024, description="of the hidden layers")
    depth: PositiveInt = Field(3, description="number of hidden layers")
    initial_std: PositiveFloat = Field(0.02, description="weights come from N(0, initial_std²), biases are zero")


def second_stage_layers(options: SecondStage, shape: Shape, *, dim: int, outputs: int) -> Architecture:
    """The layers for examples of any shape."""
    hidden: list[Layer] = []
    for _ in range(options.depth):
        hidden += [Dense(options.width), Activation("relu")]
    beside = Concatenate(tuple(hidden))
    return Architecture(
        encoder=(Flatten(), beside, Dense(outputs)), decoder=(beside, Dense(math.prod(shape)), Reshape(shape)),
        output=options.output, initialisation=Normal(options.initial_std),
    )  # fmt: skip


NETWORK = (
    Network(
        name="infogan",
        title="InfoGAN-style layers",
        options=InfoGan,
        layers=infogan_layers,
        compatibility=infogan_compatibility,
        source="Two-stage VAE (Dai & Wipf, 2019), released code",
        shape=(3, 8, 8),
    ),
    Network(
        name="second_stage",
        title="Second stage",
        options=SecondStage,
        layers=second_stage_layers,
        source="Two-stage VAE (Dai & Wipf, 2019), released code",
        shape=(16,),
    ),
)
