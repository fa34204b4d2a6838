"""What is estimated: each test family at each of its dimensions under each condition, and the development data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.recommend_accuracy.families import COLUMNS, CONDITIONS, FAMILIES
from latentdim.intrinsic.families import noisy
from latentdim.system.seeds import stream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.recommend_accuracy.families import Sampler

    Array = NDArray[np.float64]

DEVELOPMENT_ROWS = 2500


@dataclass(frozen=True)
class Case:
    """One table of known dimension.

    Attributes:
        kind: ``test`` or ``development``.
        family: its name.
        dim: the true intrinsic dimension.
        rows: of the table.
        noise: standard deviation on each value, in units of the data's root mean square.
        points: makes the table.
    """

    kind: str
    family: str
    dim: int
    rows: int
    noise: float
    points: Callable[[], Array]

    @property
    def key(self) -> tuple[str, int, int, float]:
        """What tells it from the others."""
        return self.family, self.dim, self.rows, self.noise


def listed_cases() -> Iterator[Case]:
    """Whole conditions, one after the other."""
    for rows, noise in CONDITIONS:
        for family, members in FAMILIES.items():
            for dim, sampler in members.items():
                points = partial(_sampled, family, sampler, dim, rows, noise)
                yield Case("test", family, dim, rows, noise, points)


def _sampled(family: str, sampler: Sampler, dim: int, rows: int, noise: float) -> Array:
    draws = stream("recommend_accuracy", family, dim, rows, str(noise))
    return noisy(draws, sampler(draws, rows), columns=COLUMNS, noise=noise)


def development_cases() -> Iterator[Case]:
    """The 24 benchmark manifolds of scikit-dimension, without noise: what the estimate was made with."""
    from skdim.datasets import BenchmarkManifolds

    manifolds = BenchmarkManifolds(random_state=0)
    tables = manifolds.generate(n=DEVELOPMENT_ROWS)
    for name, dim in manifolds.truth["Intrinsic Dimension"].items():
        shuffled = partial(stream("recommend_accuracy", str(name)).permutation, tables[name])
        yield Case("development", str(name), int(dim), DEVELOPMENT_ROWS, 0.0, shuffled)
