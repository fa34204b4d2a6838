"""What exhibits of a study may be asked for by name. Free of torch, pandas and matplotlib."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, PositiveInt, StrictInt

from latentdim.registry.declarations import ExhibitOptions, Mention, Noun, Query

Dims = tuple[Annotated[StrictInt, Field(ge=1)], ...]
FIGURE = (".svg", ".png", ".csv")
PICTURE = (".svg", ".png")  # of examples, which are their own data
Names = dict[Noun, tuple[str | int, ...]]
NOUNS: tuple[Noun, ...] = ("dataset", "label", "dim")


class Selection(ExhibitOptions):
    """Which cells of the grid; an empty list stands for all of them."""

    datasets: tuple[str, ...] = Field((), description="names of datasets; all where empty")
    labels: tuple[str, ...] = Field((), description="row labels (a method's name where the grid gives none)")
    dims: Dims = Field((), description="initial latent dimensions; all where empty")

    def mentions(self) -> Iterator[Mention]:
        """Datasets, labels and dimensions."""
        yield from (Mention(f"datasets.{index}", "dataset", name) for index, name in enumerate(self.datasets))
        yield from (Mention(f"labels.{index}", "label", name) for index, name in enumerate(self.labels))
        yield from (Mention(f"dims.{index}", "dim", dim) for index, dim in enumerate(self.dims))

    def queries(self) -> Iterator[Query]:
        """Each name with the others."""
        names = self.names()
        for noun in NOUNS:
            listed = names.get(noun, ())
            yield from (Query(f"{noun}s.{index}", names | {noun: (name,)}) for index, name in enumerate(listed))

    def names(self) -> Names:
        """What is named, by noun."""
        return {noun: listed for noun in NOUNS if (listed := getattr(self, f"{noun}s"))}


class RunOptions(ExhibitOptions):
    """One run of the grid, by its coordinates."""

    dataset: str = Field(description="a dataset of the grid", examples=["synthetic_8"])
    label: str = Field(description="a row label (a method's name where the grid gives none)", examples=["ard_vae"])
    dim: PositiveInt = Field(description="initial latent dimension", examples=[16])
    seed: int = Field(0, ge=0, description="which of the seeds")

    def mentions(self) -> Iterator[Mention]:
        """The run's coordinates."""
        yield Mention("dataset", "dataset", self.dataset)
        yield Mention("label", "label", self.label)
        yield Mention("dim", "dim", self.dim)
        yield Mention("seed", "seed", self.seed)

    def queries(self) -> Iterator[Query]:
        """The coordinates together."""
        yield Query("", {"dataset": (self.dataset,), "label": (self.label,), "dim": (self.dim,), "seed": (self.seed,)})


class SeedOptions(Selection):
    """Which cells of the grid, and which one of their seeds."""

    seed: int = Field(0, ge=0, description="whose picture is shown")

    def mentions(self) -> Iterator[Mention]:
        """The selection and the seed."""
        yield from super().mentions()
        yield Mention("seed", "seed", self.seed)

    def queries(self) -> Iterator[Query]:
        """Each name with the others and the seed, and the seed with all of them."""
        yield from super().queries()
        yield Query("seed", self.names())

    def names(self) -> Names:
        """What is named, the seed included."""
        return super().names() | {"seed": (self.seed,)}
