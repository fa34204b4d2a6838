"""Blocks of layers that several networks are made of, and the options that come with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from pydantic import Field, PositiveFloat

from latentdim.nets.layers import (
    Activation,
    ActivationName,
    Conv,
    ConvTranspose,
    Crop,
    Dense,
    Layer,
    Norm,
    Pad,
    Residual,
    Shape,
)
from latentdim.registry.declarations import NetworkOptions

Shortcut = Literal["convolution", "identity"]


class BatchNormOptions(NetworkOptions):
    """Base of networks with batch normalisation."""

    norm_eps: PositiveFloat = Field(1e-5, description="added to the variance; torch's default, where Keras has 1e-3")
    norm_momentum: float = Field(
        0.1, gt=0, le=1, description="weight of the newest batch (torch's default; Keras's 0.99 is 0.01 here)"
    )

    @property
    def norm(self) -> Norm:
        """The normalisation with these constants."""
        return Norm(eps=self.norm_eps, momentum=self.norm_momentum)


def halving(filters: int, kernel: Literal[4, 5], *, bias: bool = True) -> tuple[Layer, ...]:
    """A convolution that halves even sides, padded as TensorFlow's "same"."""
    if kernel == 4:
        return (Conv(filters, 4, stride=2, padding=1, bias=bias),)
    return (Pad(1, 2), Conv(filters, 5, stride=2, bias=bias))


def doubling(filters: int, kernel: Literal[4, 5], *, bias: bool = True) -> tuple[Layer, ...]:
    """A transposed convolution that doubles sides, padded as TensorFlow's "same"."""
    convolution = ConvTranspose(filters, kernel, stride=2, padding=1, bias=bias)
    return (convolution,) if kernel == 4 else (convolution, Crop(1))


def same_transposed(filters: int, kernel: Literal[4, 5]) -> tuple[Layer, ...]:
    """A transposed convolution that keeps sides, padded as TensorFlow's "same"."""
    return (ConvTranspose(filters, 4, padding=1), Crop(1)) if kernel == 4 else (ConvTranspose(filters, 5, padding=2),)


def normed(layer: Dense | Conv | ConvTranspose, norm: Norm, activation: ActivationName) -> tuple[Layer, ...]:
    """A layer without bias, its normalisation, and an activation."""
    return (replace(layer, bias=False), norm, Activation(activation))


def residual_block(filters: int, norm: Norm, *, shortcut: Shortcut, bias: bool) -> Residual:
    """Twice normalisation, ReLU and a 3×3 convolution, beside a shortcut (released code of the two-stage VAE).

    Args:
        shortcut: a 3×3 convolution, as in that code, or the input itself. It carries no bias: the branch has one.
        bias: of the branch's last convolution; none where a normalisation follows the block.
    """
    before = (norm, Activation("relu"))
    layers = (
        *before, Conv(filters, 3, padding=1, bias=False), *before, Conv(filters, 3, padding=1, bias=bias),
    )  # fmt: skip
    return Residual(layers, (Conv(filters, 3, padding=1, bias=False),) if shortcut == "convolution" else ())


def halved(shape: Shape, times: int) -> Shape:
    """Sides of a map that is halved so often, rounded down: what a decoder that doubles them begins with."""
    return tuple(side // 2**times for side in shape[1:])


def unhalvable(options: NetworkOptions, shape: Shape, *, times: int, key: str = "") -> Iterator[str]:
    """Sentences about examples that are no images, or whose sides can't be halved so often.

    Args:
        key: the option that says how often, where there is one.
    """
    if len(shape) != 3:
        yield f": '{options.name}' takes images (channels, height, width); this dataset has {shape}"
    elif any(side % 2**times for side in shape[1:]):
        where = f".{key}: {times} doublings need" if key else f": '{options.name}' doubles {times} times, which needs"
        yield f"{where} sides divisible by {2**times}, not {shape[1]}×{shape[2]}"
