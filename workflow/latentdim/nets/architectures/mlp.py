"""Fully connected networks: those of MaskAAE, ALD-VAE and the VAE/AE paper are presets of one family."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from latentdim.nets.layers import (
    Activation,
    ActivationName,
    Architecture,
    Dense,
    Flatten,
    Layer,
    Normal,
    Reshape,
    Shape,
    Unused,
    dense,
)
from latentdim.registry.declarations import Network, NetworkOptions, Output, Preset


class Mlp(NetworkOptions):
    """Fully connected encoder and decoder, mirror images of each other."""

    name: Literal["mlp"] = "mlp"
    hidden: tuple[PositiveInt, ...] = Field((1000,), description="widths of the encoder's hidden layers")
    activation: ActivationName = Field("relu", description="between any two layers; leaky_relu has a slope of 0.2")
    output: Output = Field("linear", description="what the decoder's last layer goes through")
    code: Literal["linear", "tanh"] = Field(
        "linear", description="what the encoder's last layer goes through; tanh keeps codes within ±1"
    )
    unused_heads: bool = Field(
        False, description="two dense layers of L units beside the decoder's last one, which nothing asks"
    )
    initialisation: Literal["torch", "glorot_uniform", "normal"] = Field(
        "torch",
        description="law of the initial weights; glorot_uniform (zero biases) is Keras's default; normal: weights and "
        "biases from N(0, initial_std²)",
    )
    initial_std: PositiveFloat = Field(0.1, description="normal only")


def layers(options: Mlp, shape: Shape, *, dim: int, outputs: int) -> Architecture:
    """The layers for examples of any shape."""
    code: tuple[Layer, ...] = (Activation("tanh"),) if options.code == "tanh" else ()
    *decoder, last = dense((*reversed(options.hidden), math.prod(shape)), options.activation)
    if options.unused_heads:
        decoder.append(Unused((Dense(dim),)))
        decoder.append(Unused((Dense(dim),)))
    std = options.initial_std
    return Architecture(
        encoder=(Flatten(), *dense((*options.hidden, outputs), options.activation), *code),
        decoder=(*decoder, last, Reshape(shape)),
        output=options.output,
        initialisation=Normal(std, bias_std=std) if options.initialisation == "normal" else options.initialisation,
    )


VAE_AE = {"hidden": (500,), "activation": "tanh", "output": "sigmoid", "initialisation": "normal"}
VAE_AE_OPEN = "whether the 0.1 of N(0, 0.1) is a deviation (here) or a variance (initial_std 0.3162) isn't said"

NETWORK = Network(
    name="mlp",
    title="MLP",
    options=Mlp,
    layers=layers,
    source="MaskAAE, supplement 9.3 and 9.4.1: one hidden layer of 1000, or four of 1024",
    shape=(1, 8, 8),
    presets=(
        Preset(
            name="maskaae_synthetic",
            options={},
            shape=(128,),
            source="MaskAAE, supplement 9.3; its decoder is printed with m outputs, where the data have 128",
        ),
        Preset(
            name="maskaae_mnist",
            options={"hidden": (1024,), "output": "sigmoid"},
            shape=(1, 28, 28),
            source="MaskAAE, supplement 9.4.1",
        ),
        Preset(
            name="maskaae_mnist_released",
            options={"hidden": (1024, 1024, 1024, 1024), "output": "sigmoid"},
            shape=(1, 28, 28),
            source="MaskAAE, released code: four hidden layers where 9.4.1 prints one",
        ),
        Preset(
            name="ald_mlp",
            options={"hidden": (400, 400), "output": "sigmoid"},
            shape=(1, 28, 28),
            source="ALD-VAE, section 4.1, MNIST and FashionMNIST; the activations (ReLU) are of the released code",
        ),
        Preset(
            name="vae_ae_vae",
            options=VAE_AE | {"unused_heads": True},
            shape=(1, 28, 28),
            source=f"VAE/AE, appendix A.1, with the decoder's two heads that nothing uses; {VAE_AE_OPEN}",
        ),
        Preset(
            name="vae_ae_ae",
            options=VAE_AE | {"code": "tanh"},
            shape=(1, 28, 28),
            source=f"VAE/AE, appendix A.2; {VAE_AE_OPEN}",
        ),
    ),
)
