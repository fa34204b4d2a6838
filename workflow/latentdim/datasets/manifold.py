"""Points on manifolds of known dimension, in many values, with or without noise.

Two numbers are known of each. The **intrinsic dimension** d is how many numbers tell a point from its neighbours. The
**latent dimension** is the least L for which the manifold has a continuous one-to-one image in L values, so what an
autoencoder whose encoder is continuous needs to bring every point back; it is d at least, and more where the manifold
closes on itself:

- `sphere` S^d: d + 1. It lies in so many values, and no continuous map of it into d values is one-to-one (Borsuk and
  Ulam). The circle is S^1 and needs 2.
- `torus`, the product of d circles: d + 1. Turned about an axis, a torus of d − 1 angles makes one of d in one value
  more; and a closed d-manifold has no one-to-one image in d values, which would be open and compact (Brouwer).
- `helix`, wound around a torus and closed: a circle, so 2, though it lies in 3 values.
- `moebius`: 3. It lies in so many, and not in 2, since parts of the plane have two sides.
- `swiss_roll`, `s_curve`, `affine`, `paraboloid` and `cubic`: d. Unrolled, or seen from above, they are parts of it.

Points are uniform on the manifold (by length, area, …) for `sphere`, `torus`, `swiss_roll`, `s_curve` and `affine`; for
`helix` and `moebius` uniform in the angle and the width; for `paraboloid` and `cubic` seen from above.

The points are turned into `outputs` values by a fixed random rotation, or by the random network of `synthetic`, which
bends them and keeps both numbers; centred, and divided by one scalar, so that the outputs' mean variance is 1. Noise
comes on top. Codes and weights lie on a grid of 2⁻²⁰, as those of `synthetic` do and for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, PositiveInt, ValidationInfo, field_validator

from latentdim.datasets.synthetic import BATCH, Generator, SyntheticOptions, on_grid
from latentdim.registry.declarations import GENERATED, Dataset, DatasetOptions, SourceInfo
from latentdim.system.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.prepared import Writer

    Array = NDArray[np.float64]
    Draws = np.random.Generator

WINDINGS = 6  # of the helix around its torus, whose radii are 2 and 1
ROLL = (1.5 * np.pi, 4.5 * np.pi)  # the Swiss roll's angle, which is its radius, too
ROLL_HEIGHT, S_HEIGHT = 21.0, 2.0
FINE = 20_001  # places at which the roll's length is tabulated


def sphere(draws: Draws, n: int, *, dim: int) -> Array:
    """|x| = 1, ``(n, dim + 1)``."""
    points = draws.standard_normal((n, dim + 1))
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


def torus(draws: Draws, n: int, *, dim: int) -> Array:
    """Cosines, then sines of ``dim`` angles, ``(n, 2 dim)``: the flat torus, on which uniform angles are uniform."""
    angles = draws.uniform(0.0, 2.0 * np.pi, (n, dim))
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=1)


def helix(draws: Draws, n: int, *, dim: int) -> Array:
    """((2 + cos 6t) cos t, (2 + cos 6t) sin t, sin 6t), ``(n, 3)``."""
    angle = draws.uniform(0.0, 2.0 * np.pi, n)
    radius = 2.0 + np.cos(WINDINGS * angle)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.sin(WINDINGS * angle)], axis=1)


def moebius(draws: Draws, n: int, *, dim: int) -> Array:
    """((1 + w cos ½t) cos t, (1 + w cos ½t) sin t, w sin ½t) with |w| ≤ ½, ``(n, 3)``."""
    angle, width = draws.uniform(0.0, 2.0 * np.pi, n), draws.uniform(-0.5, 0.5, n)
    radius = 1.0 + width * np.cos(angle / 2.0)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), width * np.sin(angle / 2.0)], axis=1)


def swiss_roll(draws: Draws, n: int, *, dim: int) -> Array:
    """(t cos t, h, t sin t), ``(n, 3)``: an Archimedean spiral of one turn and a half, drawn up to a height of 21."""
    angles = np.linspace(*ROLL, FINE)
    length = 0.5 * (angles * np.sqrt(1.0 + angles**2) + np.arcsinh(angles))
    angle = np.interp(draws.uniform(length[0], length[-1], n), length, angles)
    return np.stack([angle * np.cos(angle), draws.uniform(0.0, ROLL_HEIGHT, n), angle * np.sin(angle)], axis=1)


def s_curve(draws: Draws, n: int, *, dim: int) -> Array:
    """(sin t, h, sign t (cos t − 1)) with |t| ≤ 3π/2, ``(n, 3)``: two arcs of radius 1, drawn up to a height of 2."""
    angle = draws.uniform(-1.5 * np.pi, 1.5 * np.pi, n)
    height = draws.uniform(0.0, S_HEIGHT, n)
    return np.stack([np.sin(angle), height, np.sign(angle) * (np.cos(angle) - 1.0)], axis=1)


def affine(draws: Draws, n: int, *, dim: int) -> Array:
    """A cube's inside, ``(n, dim)``."""
    return draws.uniform(-1.0, 1.0, (n, dim))


def ball(draws: Draws, n: int, *, dim: int) -> Array:
    """Uniform in |x| ≤ 1, ``(n, dim)``."""
    return sphere(draws, n, dim=dim - 1) * draws.uniform(0.0, 1.0, (n, 1)) ** (1.0 / dim)


@dataclass(frozen=True)
class Shape:
    """A kind of manifold.

    Attributes:
        sample: ``sample(draws, n, dim=…)`` gives points ``(n, values)``.
        dim: the intrinsic dimension, where it is one number; None where it may be chosen.
        closed: how many values more than that its smallest continuous one-to-one image needs.
        height: a further value, of points seen from above, times the option ``curvature``.
    """

    sample: Callable[..., Array]
    dim: int | None = None
    closed: int = 0
    height: Callable[[Array], Array] | None = None


SHAPES: Mapping[str, Shape] = {
    "sphere": Shape(sphere, closed=1),
    "torus": Shape(torus, closed=1),
    "helix": Shape(helix, dim=1, closed=1),
    "moebius": Shape(moebius, dim=2, closed=1),
    "swiss_roll": Shape(swiss_roll, dim=2),
    "s_curve": Shape(s_curve, dim=2),
    "affine": Shape(affine),
    "paraboloid": Shape(ball, height=lambda flat: np.square(flat).sum(axis=1)),
    "cubic": Shape(ball, height=lambda flat: (flat**3).sum(axis=1)),
}
Name = Literal["sphere", "torus", "helix", "moebius", "swiss_roll", "s_curve", "affine", "paraboloid", "cubic"]


class ManifoldOptions(DatasetOptions):
    """Which manifold, and what it is turned into. Checks need the options that stand before theirs."""

    shape: Name = Field(description="which manifold", examples=["swiss_roll"])
    dim: PositiveInt | None = Field(
        None,
        validate_default=True,
        description="intrinsic dimension of sphere, torus, affine, paraboloid or cubic; the others have their own",
    )
    curvature: float = Field(
        1.0, ge=0, description="height of paraboloid or cubic, in units of its radius; the others have their own"
    )
    outputs: PositiveInt = Field(128, description="values of one example")
    network: bool = Field(False, description="turned by the random network of `synthetic`, and not by a rotation")
    noise: float = Field(
        0.0, ge=0, description="standard deviation of normal noise on each value, in units of the clean values'"
    )
    n_train: int = Field(60_000, ge=2, description="training examples")
    n_test: int = Field(10_000, ge=2, description="test examples")
    seed: int = Field(0, ge=0, description="of rotation or network, samples and noise")

    @field_validator("dim")
    @classmethod
    def _known(cls, dim: int | None, info: ValidationInfo) -> int | None:
        name = info.data.get("shape")
        if name is None:
            return dim
        own = SHAPES[name].dim
        if own is None and dim is None:
            raise ValueError(f"this key is required of '{name}'")
        if own is not None and dim not in (None, own):
            raise ValueError(f"'{name}' has {own}; leave the key out")
        return dim

    @field_validator("curvature")
    @classmethod
    def _bends(cls, curvature: float, info: ValidationInfo) -> float:
        name = info.data.get("shape")
        if name is not None and SHAPES[name].height is None and curvature != 1.0:
            raise ValueError(f"'{name}' has its own; leave the key out")
        return curvature

    @field_validator("outputs")
    @classmethod
    def _has_room(cls, outputs: int, info: ValidationInfo) -> int:
        if {"shape", "dim"} <= set(info.data):
            least = len(natural(info.data["shape"], info.data["dim"], 1.0, draws=stream("manifold"), n=1)[0])
            if outputs < least:
                raise ValueError(f"should be at least {least}, the values that this manifold lies in")
        return outputs

    @property
    def intrinsic_dim(self) -> int:
        """d: the numbers that tell a point from its neighbours."""
        return SHAPES[self.shape].dim or self.dim or 0

    @property
    def latent_dim(self) -> int:
        """The least L of a continuous one-to-one image."""
        return self.intrinsic_dim + SHAPES[self.shape].closed


def natural(name: str, dim: int | None, curvature: float, *, draws: Draws, n: int) -> Array:
    """Points of a manifold in the values that it is written in, ``(n, values)``."""
    shape = SHAPES[name]
    points = shape.sample(draws, n, dim=dim)
    if shape.height is not None:
        points = np.concatenate([points, curvature * shape.height(points)[:, None]], axis=1)
    return on_grid(points)


def inspect(options: ManifoldOptions) -> SourceInfo:
    """Nothing can be missing: all of it is generated."""
    n_values = (options.n_train + options.n_test) * options.outputs
    return SourceInfo(shape=(options.outputs,), n_train=options.n_train, prepared_mb=n_values * 4 / 1e6)


def prepare(options: ManifoldOptions, writer: Writer) -> None:
    """Generate both parts."""
    points = {part: _points(options, part) for part in ("train", "test")}
    turned = _turning(options, points["train"].shape[1])
    mean, scale = _moments(turned, points["train"])
    for part, codes in points.items():
        values = writer.array(part, shape=(len(codes), options.outputs), dtype=np.float32)
        noise = stream("manifold", options.seed, part, "noise")
        for start in range(0, len(codes), BATCH):
            clean = (turned(codes[start : start + BATCH]) - mean) / scale
            values[start : start + len(clean)] = clean + options.noise * noise.standard_normal(clean.shape)
    writer.facts["standardised_by"] = scale


def _points(options: ManifoldOptions, part: str) -> Array:
    draws = stream("manifold", options.shape, options.intrinsic_dim, options.seed, part)
    n = options.n_train if part == "train" else options.n_test
    return natural(options.shape, options.dim, options.curvature, draws=draws, n=n)


def _turning(options: ManifoldOptions, n_values: int) -> Callable[[Array], Array]:
    """The map from a manifold's own values to the outputs."""
    if options.network:
        width = max(options.outputs, n_values)
        return Generator.of(SyntheticOptions(n=n_values, width=width, outputs=options.outputs, seed=options.seed))
    square = stream("manifold", options.seed, "rotation").standard_normal((options.outputs, n_values))
    axes = on_grid(np.linalg.qr(square)[0].T)
    return lambda codes: codes @ axes


def _moments(turned: Callable[[Array], Array], codes: Array) -> tuple[Array, float]:
    """Mean of each output, and the square root of the outputs' mean variance."""
    batches = [codes[start : start + BATCH] for start in range(0, len(codes), BATCH)]
    mean = on_grid(sum(turned(batch).sum(axis=0) for batch in batches) / len(codes))
    square = sum(float(np.square(turned(batch) - mean).sum()) for batch in batches)
    return mean, float(on_grid(np.array((square / (len(codes) * len(mean))) ** 0.5)))


DATASET = Dataset(
    name="manifold",
    title="Manifold",
    options=ManifoldOptions,
    inspect="latentdim.datasets.manifold:inspect",
    prepare="latentdim.datasets.manifold:prepare",
    in_random_order=True,
    kind="vectors",
    true_dim="latent_dim",
    intrinsic_dim="intrinsic_dim",
    source="generated: points on a manifold of known dimension, turned into more values by a rotation or a network",
    licence=GENERATED,
)
