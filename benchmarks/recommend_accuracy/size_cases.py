"""Data that a size is recommended for: the smallest one that brings every example back is known of each.

They were listed before any of them was asked about. The rule of a recommendation was set on the same kinds of data,
since the aims name these kinds; but on other draws, other ambient spaces and, of the synthetic sets, other networks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from latentdim.intrinsic.families import noisy
from latentdim.system.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SMALL, LARGE = (3, 4, 5, 6, 8, 10, 12, 16, 20, 24), (28, 32, 40)
CLOSED = {
    "circle": ("sphere", 1, 2),
    "sphere": ("sphere", 2, 3),
    "torus": ("torus", 2, 3),
    "moebius": ("moebius", 2, 3),
}
TURNED = (("rotation", 16), ("rotation", 96), ("network", 128))  # what points are turned by, into how many values
NOISES = (0.0, 0.02)
ROWS = (2000, 8000)
DRAWS = (1, 2)  # of synthetic sets: draw 0 is the registered one, which the rule was set on
NOISE_DRAWS, NOISE_SHAPE = 5, (60, 128)


@dataclass(frozen=True)
class SizeCase:
    """One table.

    Attributes:
        aim: which of the aims it counts for.
        dim: the smallest size that brings every example back; of noise, the number of its values.
        turned: what made its values of a point on a manifold, with the number of the draw.
        noise: as in :func:`latentdim.intrinsic.families.noisy`.
        points: makes the table.
    """

    aim: str
    family: str
    dim: int
    rows: int
    columns: int
    turned: str
    noise: float
    points: Callable[[], Array]

    @property
    def name(self) -> str:
        """What tells it from the others, as a file may be called."""
        return f"{self.family}_{self.dim}_{self.turned}_{self.columns}_{self.rows}_{round(1000 * self.noise)}"


def size_cases() -> Iterator[SizeCase]:
    """All of them, aim by aim."""
    for aim, dims in (("synthetic", SMALL), ("synthetic above 24", LARGE)):
        for dim in dims:
            for rows in ROWS:
                for draw in DRAWS:
                    points = partial(synthetic, dim, rows, draw)
                    yield SizeCase(aim, "synthetic", dim, rows, 128, f"network{draw}", 0.0, points)
    for family, (shape, intrinsic, dim) in CLOSED.items():
        for turned, columns in TURNED:
            for noise in NOISES:
                for rows in ROWS:
                    points = partial(closed, shape, intrinsic, rows, turned, columns, noise)
                    yield SizeCase("closed", family, dim, rows, columns, turned, noise, points)
    rows, columns = NOISE_SHAPE
    for draw in range(1, 1 + NOISE_DRAWS):
        yield SizeCase("noise", "noise", columns, rows, columns, f"draw{draw}", 0.0, partial(pure_noise, draw))


def synthetic(dim: int, rows: int, draw: int) -> Array:
    """Normal codes through a random network of its own."""
    from latentdim.datasets.synthetic import Generator, SyntheticOptions

    codes = stream("recommend_accuracy", "synthetic", dim, rows, draw).standard_normal((rows, dim))
    return Generator.of(SyntheticOptions(n=dim, seed=draw))(codes)


def closed(shape: str, intrinsic: int, rows: int, turned: str, columns: int, noise: float) -> Array:
    """Points on a closed manifold, or a Möbius strip, among more values."""
    from latentdim.datasets.manifold import SHAPES, natural
    from latentdim.datasets.synthetic import Generator, SyntheticOptions

    draws = stream("recommend_accuracy", shape, intrinsic, rows, turned, columns, str(noise))
    dim = intrinsic if SHAPES[shape].dim is None else None
    points = natural(shape, dim, 1.0, draws=draws, n=rows)
    if turned == "network":
        bent = Generator.of(SyntheticOptions(n=points.shape[1], width=columns, outputs=columns, seed=1))(points)
        return noisy(draws, bent, columns=columns, noise=noise)
    axes = np.linalg.qr(draws.standard_normal((columns, columns)))[0]
    return noisy(draws, points, columns=columns, noise=noise) @ axes


def pure_noise(draw: int) -> Array:
    """Isotropic Gaussian values, few rows."""
    return stream("recommend_accuracy", "noise", draw).standard_normal(NOISE_SHAPE)
