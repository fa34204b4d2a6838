"""dSprites drawn again: white squares, ellipses and hearts on black, 64 × 64, one bit a pixel, in its factors.

The original is Matthey et al. (2017): 3 shapes × 6 scales × 40 orientations × 32 × 32 positions. The shapes' sizes are
fitted to its published animation, of whose 320 frames only one heart comes out otherwise, by two pixels (scale 0.9,
orientation 0). What the animation doesn't show may differ by a few pixels at the edges of ellipses and hearts, so
results on this set never go by the original's name.

A pixel is on where its centre lies inside the shape. All positions of all shapes keep pixel centres further from the
outlines than float64 rounding reaches, so any machine draws the same bytes. As in the original, orientations run from
0 to 2π with both ends: the first and the last level are the same image.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from pydantic import Field

from latentdim.datasets.factor_spaces.factor_space import FactorSpace
from latentdim.datasets.factor_spaces.kept import Kept, KeptOptions, kept_space, source_info, write_parts
from latentdim.registry.declarations import GENERATED, Dataset, SourceInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.prepared import Writer

    Array = NDArray[np.float64]
    Levels = NDArray[np.int64]

NAME = "dsprites_rendered"
SIDE = 64
SCALES = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
TURNS = 39  # steps from orientation 0 to 2π
STEPS = 31  # steps from position 0 to 1
FIRST, TRAVEL = 16.0, 32.0  # where the centre is at position 0, and how far it moves to position 1, in pixels
AT_ONCE = 128  # images drawn together: their coordinates stay in the processor's cache

SQUARE = 9.598  # half a side, at scale 1, in pixels
ELLIPSE = (12.7657, 7.2132)  # half axes
HEART_WIDTH, HEART_HEIGHT, HEART_RAISED = 9.594, 0.6622, 1.437


class DspritesKept(Kept):
    """How many levels of each factor are kept."""

    circular: ClassVar[frozenset[str]] = frozenset({"orientation"})

    shape: int = Field(3, ge=1, le=3, description="square, ellipse, heart")
    scale: int = Field(6, ge=1, le=6)
    orientation: int = Field(40, ge=1, le=40)
    position_x: int = Field(32, ge=1, le=32)
    position_y: int = Field(32, ge=1, le=32)


class DspritesOptions(KeptOptions):
    """Which part of the factor space is used. All of it takes 3 GB."""

    levels: DspritesKept = Field(DspritesKept(), description="how many evenly spaced levels of each factor are kept")


def square(u: Array, v: Array) -> Array:
    """How far inside the square a point lies, at scale 1 and orientation 0 (u right, v up, in pixels); below 0: not."""
    return SQUARE - np.maximum(np.abs(u), np.abs(v))


def ellipse(u: Array, v: Array) -> Array:
    """Above 0 inside the ellipse, as :func:`square`, but in squares of its axes."""
    return 1.0 - ((u / ELLIPSE[0]) ** 2 + (v / ELLIPSE[1]) ** 2)


def heart(u: Array, v: Array) -> Array:
    """How far a point lies inside the heart vertically, as :func:`square`.

    The outline is u = WIDTH sin³t, v = HEIGHT (13 cos t − 5 cos 2t − 2 cos 3t − cos 4t) + RAISED. Each u has one upper
    point, at t ≤ π/2, and one lower, at π − t: the terms in cos 2t and cos 4t are their middle, the others half their
    distance.
    """
    sine = np.cbrt(np.minimum(np.abs(u) / HEART_WIDTH, 1.0))
    cosine = np.sqrt(1.0 - sine**2)
    twice = 1.0 - 2.0 * sine**2
    middle = HEART_RAISED - HEART_HEIGHT * (5.0 * twice + 2.0 * twice**2 - 1.0)
    half = HEART_HEIGHT * cosine * (19.0 - 8.0 * cosine**2)
    return np.where(np.abs(u) < HEART_WIDTH, half - np.abs(v - middle), -1.0)


class Shape(NamedTuple):
    """A shape at scale 1: how far inside a point lies, and a radius around its centre that holds all of it."""

    inside: Callable[[Array, Array], Array]
    reach: float


SHAPES = (Shape(square, SQUARE * 2**0.5), Shape(ellipse, ELLIPSE[0]), Shape(heart, 11.25))


def inspect(options: DspritesOptions) -> SourceInfo:
    """Nothing can be missing: all of it is rendered."""
    return source_info(options, shape=(1, SIDE, SIDE))


def prepare(options: DspritesOptions, writer: Writer) -> None:
    """Render the chosen examples."""
    write_parts(options, writer, kept_space(options.levels, render), name=NAME)


def factor_space(options: DspritesOptions, folder: Path) -> FactorSpace:
    """The kept factor space, rendered on demand."""
    return kept_space(options.levels, render)


def render(levels: Levels) -> NDArray[np.uint8]:
    """Images ``(N, 1, 64, 64)`` of bytes 0 and 255.

    Args:
        levels: ``(N, 5)``: shape, scale, orientation, position x (rightwards), position y (downwards).
    """
    images = np.zeros((len(levels), SIDE, SIDE), dtype=np.uint8)
    form = levels[:, 0] * len(SCALES) + levels[:, 1]
    for kind in np.unique(form):
        members = np.flatnonzero(form == kind)
        for start in range(0, len(members), AT_ONCE):
            some = members[start : start + AT_ONCE]
            top, left, margin = windows(levels[some])
            room = sliding_window_view(images, margin.shape[1:], axis=(1, 2), writeable=True)  # type: ignore[call-overload]
            room[some, top, left] = np.where(margin > 0, np.uint8(255), np.uint8(0))
    return images[:, None]


def windows(levels: Levels) -> tuple[Levels, Levels, Array]:
    """For sprites of one shape and scale, the part of the image that can hold them.

    Args:
        levels: ``(N, 5)``, the first two columns constant.

    Returns:
        First row and first column of each window, ``(N,)``, and how far inside the shape its pixels' centres lie,
        ``(N, w, w)``, above 0 where they do.
    """
    shape, scale = SHAPES[levels[0, 0]], SCALES[levels[0, 1]]
    angle = 2 * np.pi * (levels[:, 2] % TURNS) / TURNS
    radius = ceil(shape.reach * scale)
    steps = np.arange(-radius, radius + 1)
    centre = FIRST + TRAVEL * levels[:, 3:] / STEPS
    corner = np.floor(centre).astype(np.int64)
    offsets = (steps + 0.5 - (centre - corner)[:, :, None]) / scale
    right, up = offsets[:, 0, None, :], -offsets[:, 1, :, None]
    cosine, sine = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    margin = shape.inside(cosine * right + sine * up, cosine * up - sine * right)
    return corner[:, 1] - radius, corner[:, 0] - radius, margin


DATASET = Dataset(
    name="dsprites_rendered",
    title="dSprites (re-rendered)",
    pattern="dsprites_rendered",
    options=DspritesOptions,
    inspect="latentdim.datasets.dsprites_rendered:inspect",
    prepare="latentdim.datasets.dsprites_rendered:prepare",
    in_random_order=True,
    factor_space="latentdim.datasets.dsprites_rendered:factor_space",
    true_dim="latent_dim",
    intrinsic_dim="intrinsic_dim",
    source="rendered: the factor space of dSprites, its shapes fitted to the original's published animation; "
    "a few pixels at the edges of ellipses and hearts may differ",
    licence=GENERATED,
    citation="of the original: L. Matthey, I. Higgins, D. Hassabis and A. Lerchner (2017), dSprites: Disentanglement "
    "testing Sprites dataset",
)
