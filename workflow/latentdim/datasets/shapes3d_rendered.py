"""3D Shapes drawn again: one solid in a room, 64 × 64 RGB, in its factors.

The original is Burgess and Kim (2018): hues of floor, wall and object × scale × shape × orientation. Camera, room and
sizes are measured on its published animation, outlines within about a pixel. Its light is only imitated, and its walls'
faint texture and its smoothed edges are left out, so results on this set never go by the original's name.

Lengths are in tenths of the distance from the camera to the object's foot, which is the origin: x to the right, y up, z
towards the camera of orientation 0. Each pixel shows what the ray through its centre meets first.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from latentdim.datasets.factor_spaces.factor_space import FactorSpace
from latentdim.datasets.factor_spaces.kept import Kept, KeptOptions, kept_space, source_info, write_parts
from latentdim.datasets.factor_spaces.ray_casting import UP, Hit, capsule, cube, cylinder, dot, sphere
from latentdim.registry.declarations import GENERATED, Dataset, SourceInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.prepared import Writer

    Array = NDArray[np.float64]
    Levels = NDArray[np.int64]
    Shades = NDArray[np.float32]

NAME = "shapes3d_rendered"
SIDE = 64
FOCAL_LENGTH = 67.5  # pixels
CAMERA_HEIGHT, CAMERA_DISTANCE = 3.04, 10.0
ROOM_HALF_WIDTH, ROOM_BACK, ROOM_HEIGHT = 13.6, -13.3, 8.1
SCALES = 0.75 + 0.5 * np.arange(8) / 7
DEGREES = 30.0 - 60.0 * np.arange(15) / 14
SOLIDS = (cube, cylinder, sphere, capsule)
FORMS = (len(SCALES), len(SOLIDS), len(DEGREES))
ANGLE_GRID = 2.0**30  # sines lie on a grid of its inverse: libraries differ in their last bits

SKY, FLOOR, WALL, OBJECT = range(4)
SKY_COLOUR = np.array([153, 226, 249]) / 255
LAMP = np.array([[-0.28], [1.0], [-0.11]])  # towards the light
SHADOW = 0.33
BACK_WALL, LEFT_WALL, RIGHT_WALL = 0.97, 0.77, 0.67
EVERYWHERE, FROM_CAMERA, FROM_LAMP, GLOSS = 0.43, 0.52, 0.68, 0.085


class Shapes3dKept(Kept):
    """How many levels of each factor are kept."""

    circular: ClassVar[frozenset[str]] = frozenset({"floor_hue", "wall_hue", "object_hue"})

    floor_hue: int = Field(10, ge=1, le=10)
    wall_hue: int = Field(10, ge=1, le=10)
    object_hue: int = Field(10, ge=1, le=10)
    scale: int = Field(8, ge=1, le=8)
    shape: int = Field(4, ge=1, le=4, description="cube, cylinder, sphere, capsule")
    orientation: int = Field(15, ge=1, le=15)


class Shapes3dOptions(KeptOptions):
    """Which part of the factor space is used. All of it takes 6 GB."""

    levels: Shapes3dKept = Field(Shapes3dKept(), description="how many evenly spaced levels of each factor are kept")


class View(NamedTuple):
    """What each pixel shows, all arrays ``(64 * 64,)``.

    Attributes:
        material: sky, floor, wall or object.
        light: what its colour in [0, 1] is multiplied by, up to 255 and above where it is over-exposed.
        gloss: white light on top of it, and the half that turns cutting off into rounding.
    """

    material: Levels
    light: Shades
    gloss: Shades


def inspect(options: Shapes3dOptions) -> SourceInfo:
    """Nothing can be missing: all of it is rendered."""
    return source_info(options, shape=(3, SIDE, SIDE))


def prepare(options: Shapes3dOptions, writer: Writer) -> None:
    """Render the chosen examples."""
    write_parts(options, writer, kept_space(options.levels, render), name=NAME)


def factor_space(options: Shapes3dOptions, folder: Path) -> FactorSpace:
    """The kept factor space, rendered on demand."""
    return kept_space(options.levels, render)


def render(levels: Levels) -> NDArray[np.uint8]:
    """Images ``(N, 3, 64, 64)``.

    Args:
        levels: ``(N, 6)``: hues of floor, wall and object, scale, shape, orientation.
    """
    images = np.empty((len(levels), 3, SIDE * SIDE), dtype=np.uint8)
    colours = np.empty((len(levels), 3, 4), dtype=np.float32)
    colours[:, :, SKY] = SKY_COLOUR
    colours[:, :, FLOOR:] = colour(levels[:, :3] / 10).transpose(0, 2, 1)
    forms = np.ravel_multi_index(tuple(levels[:, 3:].T), FORMS)
    for form in np.unique(forms):
        some = np.flatnonzero(forms == form)
        seen = view(*map(int, np.unravel_index(form, FORMS)))
        values = np.take(colours[some], seen.material, axis=2)
        values *= seen.light
        values += seen.gloss
        images[some] = np.minimum(values, 255.5, out=values).astype(np.uint8)
    return images.reshape(-1, 3, SIDE, SIDE)


def colour(hue: Array) -> Array:
    """Full colours ``(…, 3)`` of hues in [0, 1): HSV with saturation and value 1."""
    offsets = np.abs((6 * hue[..., None] - np.array([0, 2, 4]) + 3) % 6 - 3)
    return np.clip(2 - offsets, 0.0, 1.0)


@cache
def view(scale: int, shape: int, orientation: int) -> View:
    """The room with an object, without its colours."""
    eye, rays, forwards = camera(orientation)
    solid, size = SOLIDS[shape], float(SCALES[scale])
    surfaces = (_plane(eye, rays, 1, 0.0), *_walls(eye, rays), solid(eye, rays, size))
    distances = np.array([surface.distance for surface in surfaces])
    first, nothing = distances.argmin(axis=0), np.isinf(distances.min(axis=0))
    ground = eye + np.where(np.isfinite(distances[0]), distances[0], 0.0) * rays
    shaded = np.isfinite(solid(ground, np.broadcast_to(LAMP, rays.shape), size).distance)
    normal = surfaces[-1].normal
    lamp = np.maximum(dot(normal, LAMP) / np.sqrt(dot(LAMP, LAMP)), 0.0)
    body = EVERYWHERE + FROM_CAMERA * np.maximum(-dot(normal, forwards), 0.0) + FROM_LAMP * lamp
    lights = [np.where(shaded, SHADOW, 1.0), *(np.full(SIDE**2, v) for v in (BACK_WALL, LEFT_WALL, RIGHT_WALL)), body]
    light = np.where(nothing, 1.0, np.choose(first, lights))
    material = np.where(nothing, SKY, np.array([FLOOR, WALL, WALL, WALL, OBJECT])[first])
    gloss = np.where(material == OBJECT, np.minimum(0.4 * lamp, GLOSS), 0.0)
    return View(material, (255 * light).astype(np.float32), (255 * gloss + 0.5).astype(np.float32))


def camera(orientation: int) -> tuple[Array, Array, Array]:
    """Where the camera stands ``(3, 1)``, the rays through all pixels ``(3, 64 * 64)``, and where it looks ``(3, 1)``.

    It turns around the object at a constant height, looking horizontally; at level 0 it stands at the left.
    """
    angle = np.deg2rad(DEGREES[orientation])
    sine, cosine = np.rint(np.array([np.sin(angle), np.cos(angle)]) * ANGLE_GRID) / ANGLE_GRID
    forwards, right = np.array([[sine], [0.0], [-cosine]]), np.array([[cosine], [0.0], [sine]])
    steps = (np.arange(SIDE) + 0.5 - SIDE / 2) / FOCAL_LENGTH
    rays = forwards + np.tile(steps, SIDE) * right - np.repeat(steps, SIDE) * UP
    return CAMERA_HEIGHT * UP - CAMERA_DISTANCE * forwards, rays, forwards


def _walls(eye: Array, rays: Array) -> tuple[Hit, ...]:
    """Back, left and right wall, up to the room's height."""
    planes = ((2, ROOM_BACK), (0, -ROOM_HALF_WIDTH), (0, ROOM_HALF_WIDTH))
    hits = [_plane(eye, rays, axis, place) for axis, place in planes]
    low = [eye[1] + hit.distance * rays[1] <= ROOM_HEIGHT for hit in hits]
    return tuple(Hit(np.where(kept, hit.distance, np.inf), hit.normal) for kept, hit in zip(low, hits, strict=True))


def _plane(eye: Array, rays: Array, axis: int, place: float) -> Hit:
    distance = (place - eye[axis]) / rays[axis]
    return Hit(np.where(distance > 0, distance, np.inf), UP)


DATASET = Dataset(
    name="shapes3d_rendered",
    title="3D Shapes (re-rendered)",
    pattern="shapes3d_rendered",
    options=Shapes3dOptions,
    inspect="latentdim.datasets.shapes3d_rendered:inspect",
    prepare="latentdim.datasets.shapes3d_rendered:prepare",
    in_random_order=True,
    factor_space="latentdim.datasets.shapes3d_rendered:factor_space",
    true_dim="latent_dim",
    intrinsic_dim="intrinsic_dim",
    source="rendered: the factor space of 3D Shapes, its room, camera and solids measured on the original's published "
    "animation; the light is imitated, texture and smoothed edges are left out",
    licence=GENERATED,
    citation="of the original: C. Burgess and H. Kim (2018), 3D Shapes Dataset",
)
