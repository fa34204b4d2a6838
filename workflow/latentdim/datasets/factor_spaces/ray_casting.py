"""Where rays first meet a few solids that stand on the floor y = 0 around the y axis, and which way the surface faces.

Points, rays and normals are arrays ``(3, N)`` of x, y and z. Rays needn't have length 1: distances count their lengths.
Only sums, products, quotients and square roots are used, which float64 rounds alike on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

UP = np.array([[0.0], [1.0], [0.0]])


class Hit(NamedTuple):
    """Distances ``(N,)``, infinite where a ray passes by; outward normals ``(3, N)``, of length 1 where it doesn't."""

    distance: Array
    normal: Array


def cube(start: Array, ray: Array, size: float) -> Hit:
    """A cube of side 2.83 · size, its sides along x and z."""
    half = 1.415 * size
    centre = start - half * UP
    sides = np.sort([(-half - centre) / ray, (half - centre) / ray], axis=0)
    first, last = sides[0].max(axis=0), sides[1].min(axis=0)
    facing = sides[0] == first
    return _kept(Hit(first, np.where(facing, -np.sign(ray), 0.0)), first <= last)


def cylinder(start: Array, ray: Array, size: float) -> Hit:
    """A cylinder of radius 1.56 · size and height 2.95 · size."""
    radius, height = 1.56 * size, 2.95 * size
    return _nearest(_tube(start, ray, radius, (0.0, height)), _disc(start, ray, radius, height))


def sphere(start: Array, ray: Array, size: float) -> Hit:
    """A sphere of radius 1.72 · size."""
    return _ball(start, ray, 1.72 * size, 1.72 * size)


def capsule(start: Array, ray: Array, size: float) -> Hit:
    """A cylinder of radius 1.32 · size with half a sphere on either end, 5.28 · size high in all."""
    radius, top = 1.32 * size, (5.28 - 1.32) * size
    balls = _nearest(_ball(start, ray, radius, radius), _ball(start, ray, radius, top))
    return _nearest(_tube(start, ray, radius, (radius, top)), balls)


def dot(a: Array, b: Array) -> Array:
    """Inner products, ``(N,)``, summed from x to z."""
    x, y, z = a * b
    return x + y + z  # type: ignore[no-any-return]


def _ball(start: Array, ray: Array, radius: float, height: float) -> Hit:
    """A sphere whose centre is so high on the y axis."""
    centre = start - height * UP
    distance, met = _first_root(dot(ray, ray), dot(centre, ray), dot(centre, centre) - radius**2)
    return _kept(Hit(distance, (centre + distance * ray) / radius), met)


def _tube(start: Array, ray: Array, radius: float, span: tuple[float, float]) -> Hit:
    """The side of a cylinder around the y axis, between two heights."""
    flat, across = start - start * UP, ray - ray * UP
    distance, met = _first_root(dot(across, across), dot(flat, across), dot(flat, flat) - radius**2)
    height = start[1] + distance * ray[1]
    return _kept(Hit(distance, (flat + distance * across) / radius), met & (height >= span[0]) & (height <= span[1]))


def _disc(start: Array, ray: Array, radius: float, height: float) -> Hit:
    """The top of a cylinder."""
    distance = (height - start[1]) / ray[1]
    x, _, z = start + distance * ray
    return _kept(Hit(distance, np.broadcast_to(UP, ray.shape)), x * x + z * z <= radius**2)


def _first_root(a: Array, b: Array, c: Array) -> tuple[Array, NDArray[np.bool_]]:
    """The smaller root of a t² + 2 b t + c, and where there is one."""
    inside = b * b - a * c
    return (-b - np.sqrt(np.maximum(inside, 0.0))) / a, inside >= 0


def _kept(hit: Hit, met: NDArray[np.bool_]) -> Hit:
    """Without what a ray passes by, or has behind it."""
    return Hit(np.where(met & (hit.distance > 0), hit.distance, np.inf), hit.normal)


def _nearest(one: Hit, other: Hit) -> Hit:
    closer = one.distance <= other.distance
    return Hit(np.where(closer, one.distance, other.distance), np.where(closer, one.normal, other.normal))
