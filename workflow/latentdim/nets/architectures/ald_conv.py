"""ALD-VAE's convolutional networks, of pictures and of clips; its fully connected one is a preset of ``mlp``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, PositiveInt

from latentdim.nets.blocks import halved, unhalvable
from latentdim.nets.layers import (
    Activation,
    ActivationName,
    Architecture,
    AxialAttention,
    Conv,
    ConvTranspose,
    Crop,
    Dense,
    Flatten,
    Layer,
    Norm,
    Pad,
    Reshape,
    Residual,
    Shape,
    SwapAxes,
)
from latentdim.registry.declarations import Network, NetworkOptions, Output, Preset

HALVINGS = 4
CLIP_HALVINGS = 2
RELU = Activation("relu")


class AldConv(NetworkOptions):
    """ALD-VAE's network for EuroSAT: four convolutions, 4×4 with stride 2, and dense layers around the code.

    The paper says "4x 2D convolutional layers with 256 hidden dimensions and SiLU activation functions"; in the
    released code the 256 are the dense layers', convolutions have 32 filters, and the decoder's activations are ReLU.
    """

    name: Literal["ald_conv"] = "ald_conv"
    output: Output = Field("sigmoid", description="what the decoder's last layer goes through")
    filters: PositiveInt = Field(32, description="of each convolution; not stated in the paper")
    width: PositiveInt = Field(256, description="of the dense layers")
    decoder_activation: ActivationName = Field("silu", description="silu: the paper; relu: the released code")


def picture_layers(options: AldConv, shape: Shape, *, dim: int, outputs: int) -> Architecture:
    """The layers for images, ``(channels, height, width)``."""
    silu, inner = Activation("silu"), Activation(options.decoder_activation)
    filters, width = options.filters, options.width
    start = (filters, *halved(shape, HALVINGS))
    encoder: list[Layer] = []
    for _ in range(HALVINGS):
        encoder += [Conv(filters, 4, stride=2, padding=1), silu]
    decoder: list[Layer] = []
    for size in (width, width, start[0] * start[1] * start[2]):
        decoder += [Dense(size), inner]
    decoder.append(Reshape(start))
    for _ in range(HALVINGS - 1):
        decoder += [ConvTranspose(filters, 4, stride=2, padding=1), inner]
    return Architecture(
        encoder=(*encoder, Flatten(), Dense(width), silu, Dense(width), Dense(outputs)),
        decoder=(*decoder, ConvTranspose(shape[0], 4, stride=2, padding=1)),
        output=options.output,
    )


def picture_compatibility(options: AldConv, shape: Shape) -> Iterator[str]:
    """Whether examples are images with sides that halve four times."""
    yield from unhalvable(options, shape, times=HALVINGS)


class AldClips(NetworkOptions):
    """ALD-VAE's network for SPRITES: 3-D convolutions and residual blocks with attention on clips.

    The paper says no more than "adapted from VideoGPT"; layers and widths are those of the released code. Examples are
    clips as ``sprites`` has them: each frame's channels, one frame after another.
    """

    name: Literal["ald_clips"] = "ald_clips"
    output: Output = Field("sigmoid", description="what the decoder's last layer goes through")
    frames: PositiveInt = Field(8, description="of a clip")
    width: PositiveInt | None = Field(
        None,
        ge=2,
        description="filters of all convolutions; null: the initial latent dimension (2 at least), as in the code",
    )
    blocks: PositiveInt = Field(4, description="residual blocks in encoder and decoder")
    attention: bool = Field(True, description="residual blocks end in attention along width, height and time")


def clip_layers(options: AldClips, shape: Shape, *, dim: int, outputs: int) -> Architecture:
    """The layers for clips, ``(frames · channels, height, width)``."""
    frames, width = options.frames, options.width or max(2, dim)
    channels, sides = shape[0] // frames, halved(shape, CLIP_HALVINGS)
    frame_first, start = (frames, channels, *shape[1:]), (width, frames, *sides)
    encoder: tuple[Layer, ...] = (
        Flatten(), Reshape(frame_first), SwapAxes(),
        Conv(width, 4, stride=2, padding=1), RELU,
        # As many frames again: of the three zeros that a kernel of 4 needs, two come first.
        Pad((2, 0, 0), (1, 0, 0)), Conv(width, 4, stride=(1, 2, 2), padding=(0, 1, 1)), RELU,
        Conv(width, 3, padding=1, bias=False), *_blocks(options, width), Flatten(), Dense(outputs),
    )  # fmt: skip
    decoder: tuple[Layer, ...] = (
        Dense(width), Dense(width * frames * sides[0] * sides[1]), Reshape(start), *_blocks(options, width),
        *_doubling(width), RELU, *_doubling(channels), SwapAxes(), Flatten(), Reshape(shape),
    )  # fmt: skip
    return Architecture(encoder=encoder, decoder=decoder, output=options.output)


def _blocks(options: AldClips, width: int) -> tuple[Layer, ...]:
    """Residual blocks of VideoGPT, and the normalisation after them, which takes any constant away again."""
    attention: tuple[Layer, ...] = (Norm(), RELU, AxialAttention(2)) if options.attention else ()
    block = Residual((
        Norm(), RELU, Conv(max(1, width // 2), 3, padding=1, bias=False),
        Norm(), RELU, Conv(width, 1, bias=False), *attention,
    ))  # fmt: skip
    return (*[block] * options.blocks, Norm(), RELU)


def _doubling(filters: int) -> tuple[Layer, ...]:
    """Twice the height and width, and as many frames as before."""
    return ConvTranspose(filters, 4, stride=(1, 2, 2), padding=1), Crop((1, 0, 0))


def clip_compatibility(options: AldClips, shape: Shape) -> Iterator[str]:
    """Whether examples are clips of so many frames, with sides that halve twice."""
    yield from unhalvable(options, shape, times=CLIP_HALVINGS)
    if len(shape) == 3 and shape[0] % options.frames:
        yield f".frames = {options.frames}: examples have {shape[0]} channels, which aren't so many frames"
    if options.frames % 2:
        yield f".frames = {options.frames}: should be even, since the first convolution halves their number"


NETWORK = (
    Network(
        name="ald_conv",
        title="ALD-VAE's convolutions",
        options=AldConv,
        layers=picture_layers,
        compatibility=picture_compatibility,
        source="ALD-VAE, section 4.1, EuroSAT, and the released code",
        shape=(3, 64, 64),
        presets=(
            Preset(name="ald_eurosat", options={}, shape=(3, 64, 64), source="ALD-VAE, section 4.1, EuroSAT"),
            Preset(
                name="ald_eurosat_released",
                options={"decoder_activation": "relu"},
                shape=(3, 64, 64),
                source="ALD-VAE, released code, EuroSAT",
            ),
        ),
    ),
    Network(
        name="ald_clips",
        title="ALD-VAE's 3-D convolutions",
        options=AldClips,
        layers=clip_layers,
        compatibility=clip_compatibility,
        source="ALD-VAE, section 4.1, SPRITES, and the released code",
        shape=(24, 16, 16),
        presets=(Preset(name="ald_sprites", options={}, shape=(24, 64, 64), source="ALD-VAE, section 4.1, SPRITES"),),
    ),
)
