"""The part of a complete factor space that a study keeps, and the random examples of it that are prepared.

Factors are written as levels of the kept part (0 … kept − 1), slowest first, without those that keep a single level.
The classes are the kept levels of the factor ``shape``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from latentdim.datasets.factor_spaces.factor_space import FactorSpace
from latentdim.datasets.formats.sources import n_test_of, random_part
from latentdim.registry.declarations import DatasetOptions, SourceInfo, Strict
from latentdim.system.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.prepared import Writer

    Levels = NDArray[np.int64]
    Render = Callable[[Levels], NDArray[np.uint8]]

BATCH = 2048
CLASSES = "shape"


class Kept(Strict):
    """How many levels of each factor are kept, slowest factor first; the defaults are all there are.

    ``circular`` names the factors whose levels go once around (a full turn, all hues).
    """

    circular: ClassVar[frozenset[str]] = frozenset()

    def counts(self) -> dict[str, int]:
        """The number for each factor."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def levels(self) -> list[Levels]:
        """Which levels are kept of each factor: of k, the middles of k equal shares, so all where all are kept."""
        whole = type(self)().counts()
        return [(2 * np.arange(k) + 1) * whole[name] // (2 * k) for name, k in self.counts().items()]

    def continuous(self) -> frozenset[str]:
        """Factors that are seen to vary continuously: three levels at least, and not those that classes are made of."""
        return frozenset(name for name, k in self.counts().items() if k > 2 and name != CLASSES)

    def __len__(self) -> int:
        """Combinations of the kept levels."""
        return prod(self.counts().values())


class KeptOptions(DatasetOptions):
    """Which part of a rendered set is used, and how it is split."""

    levels: Kept = Field(description="how many evenly spaced levels of each factor are kept; all by default")
    n: int | None = Field(
        None, ge=2, description="examples drawn at random from the kept factor space; all of it by default"
    )
    test_fraction: float = Field(0.1, gt=0, lt=1, description="share of the examples that is held out at random")
    seed: int = Field(0, ge=0, description="of the choice of examples and of their order")

    @field_validator("levels")
    @classmethod
    def _varies(cls, levels: Kept) -> Kept:
        if len(levels) < 2:
            raise ValueError("should keep two levels of a factor at least")
        return levels

    @field_validator("n")
    @classmethod
    def _fits(cls, n: int | None, info: ValidationInfo) -> int | None:
        levels = info.data.get("levels")
        if n is not None and levels is not None and n > len(levels):
            raise ValueError(f"should be at most {len(levels):,}, the images of the kept factor space")
        return n

    @property
    def size(self) -> int:
        """Examples in both parts."""
        return self.n or len(self.levels)

    @property
    def n_test(self) -> int:
        """Examples held out."""
        return n_test_of(self.size, self.test_fraction)

    @property
    def intrinsic_dim(self) -> int:
        """How many continuous factors vary; the others make copies of what these span."""
        return len(self.levels.continuous())

    @property
    def latent_dim(self) -> int:
        """The least L in which what the factors span has a continuous one-to-one image.

        An interval needs 1. A product of k circles needs k + 1, and with an interval beside them no more than one each:
        that many shells of a torus, one within another. Copies for the values of a discrete factor lie side by side and
        need no L of their own; alone they need 1.
        """
        continuous = self.levels.continuous()
        closed = bool(continuous) and continuous <= self.levels.circular
        return max(1, len(continuous) + closed)

    @property
    def n_classes(self) -> int | None:
        """Kept levels of the factor that classes are made of; None where that is a single one."""
        kept = self.levels.counts()[CLASSES]
        return kept if kept > 1 else None


def source_info(options: KeptOptions, *, shape: tuple[int, ...]) -> SourceInfo:
    """Nothing can be missing: all of it is rendered."""
    n_factors = sum(k > 1 for k in options.levels.counts().values())
    bytes_each = prod(shape) + 4 * n_factors + 8
    return SourceInfo(
        shape=shape,
        n_train=options.size - options.n_test,
        n_factors=n_factors,
        n_classes=options.n_classes,
        n_combinations=len(options.levels),
        prepared_mb=options.size * bytes_each / 1e6,
    )


def kept_space(kept: Kept, render: Render) -> FactorSpace:
    """The factor space of the kept levels.

    Args:
        render: levels ``(N, all factors)`` of the whole factor space to images ``(N, channels, height, width)``.
    """
    varying = {name: k for name, k in kept.counts().items() if k > 1}

    return FactorSpace(tuple(varying), tuple(varying.values()), lambda levels: render(whole_levels(kept, levels)))


def whole_levels(kept: Kept, levels: Levels) -> Levels:
    """Levels ``(N, all factors)`` of the whole factor space, of levels ``(N, varying factors)`` of the kept one."""
    columns = iter(levels.T)
    still = np.zeros(len(levels), dtype=np.int64)
    chosen = [places[next(columns) if len(places) > 1 else still] for places in kept.levels()]
    return np.stack(chosen, axis=1)


def write_parts(options: KeptOptions, writer: Writer, space: FactorSpace, *, name: str) -> None:
    """Render the chosen examples, with their factors and classes; a larger ``n`` starts with a smaller one's."""
    chosen = stream(name, options.seed, "examples").permutation(len(space))[: options.size]
    writer.add_note(random_part(options.n_test, of=options.size, noun="pictures"))
    for part, flat in (("test", chosen[: options.n_test]), ("train", chosen[options.n_test :])):
        levels = space.levels(flat)
        classes = levels[:, space.names.index(CLASSES)] if options.n_classes else None
        write_part(writer, part, space, levels, classes=classes)


def write_part(writer: Writer, part: str, space: FactorSpace, levels: Levels, *, classes: Levels | None) -> None:
    """Render one part, ``train`` or ``test``, from levels ``(N, F)``, batch by batch."""
    shape = space.images(levels[:1]).shape[1:]
    values = writer.array(part, shape=(len(levels), *shape), dtype=np.uint8)
    for start in _starts(len(levels)):
        values[start : start + BATCH] = space.images(levels[start : start + BATCH])
    writer.save(f"{part}_factors", levels.astype(np.float32))
    if classes is not None:
        writer.save(f"{part}_labels", classes)


def _starts(n: int) -> Iterable[int]:
    return range(0, n, BATCH)
