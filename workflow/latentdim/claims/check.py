"""What every kind of check has in common: its keys, what it asks of the grid, and the rows that it judges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, PositiveInt, StrictInt

from latentdim.claims.caveats import limited
from latentdim.claims.ends import NONE, Caveats, End, Row, incomplete
from latentdim.claims.evidence import Evidence
from latentdim.claims.grid import Asked
from latentdim.registry.declarations import Strict
from latentdim.study.axes import Axes


def _alternatives(given: Any) -> Any:
    # Tuples, since what a validator returns is no longer JSON, where a list may stand for one.
    return (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list) else given


# One name, or several of which the later ones stand in for the first.
Alternatives = Annotated[tuple[str, ...], BeforeValidator(_alternatives), Field(min_length=1)]
Sizes = tuple[Annotated[StrictInt, Field(ge=1)], ...]


class Check(Strict):
    """Base of all kinds.

    ``kind`` is the word in claims.yaml; ``stands`` holds the ends that values which still lack couldn't change;
    ``of_trained`` whether it is about what trainings end in.
    """

    kind: ClassVar[str] = ""
    stands: ClassVar[frozenset[End]] = frozenset()
    of_trained: ClassVar[bool] = True

    need: Literal["all", "most"] = Field(
        "all", description="how many of its rows have to hold: all, or most (more than half)"
    )

    collapse_counts: bool = Field(
        False, description="a collapsed run may uphold it as well as deny it, since failing is what is claimed"
    )

    def ending(self, end: End, says: str, *, silent: Sequence[str] = (), caveats: Caveats = NONE) -> tuple[End, str]:
        """An end as it is with what lacks and with the caveats, and what is said of it."""
        left, why = limited(incomplete(end, silent, stands=self.stands), caveats, collapse_counts=self.collapse_counts)
        return left, "; ".join(filter(None, (says, f"undecided, since {why}" if why else "")))

    def asked(self) -> Iterator[Asked]:
        """The coordinates that have to be in the study."""
        raise NotImplementedError

    def rows(self, evidence: Evidence) -> Iterator[Row]:
        """The rows that it judges, each with its end and what decided."""
        raise NotImplementedError

    @classmethod
    def rule(cls) -> str:
        """How it decides, from its docstring."""
        return " ".join((cls.__doc__ or "").split())


class OfCells(Check):
    """Base of the kinds about cells: datasets × labels, at some latent dimensions."""

    datasets: Annotated[tuple[Alternatives, ...], Field(min_length=1)] = Field(
        description="a row each; a list in place of a name holds stand-ins for its first"
    )
    labels: Annotated[tuple[str, ...], Field(min_length=1)] = Field(description="row labels of the grid, a row each")
    dims: Sizes = Field((), description="initial latent dimensions; all of the grid where empty")
    from_dim: PositiveInt = Field(1, description="leave out smaller initial latent dimensions")

    def sizes(self, evidence: Evidence, datasets: tuple[str, ...], label: str) -> list[int]:
        """The latent dimensions that are looked at, ascending."""
        return [dim for dim in sorted(self.dims) or evidence.grid.dims(datasets, label) if dim >= self.from_dim]

    def cells(self, metrics: tuple[str, ...] = (), axes: str | None = None) -> Iterator[Asked]:
        """All cells that are named, to be found in the grid."""
        for i, datasets in enumerate(self.datasets):
            yield Asked(f"datasets.{i}", datasets)
            for j, label in enumerate(self.labels):
                yield Asked(f"labels.{j}", datasets, label, None, metrics, axes)
                yield from (Asked(f"dims.{k}", datasets, label, dim, metrics, axes) for k, dim in enumerate(self.dims))


class OfValues(OfCells):
    """Base of the kinds about a metric's values."""

    metric: Alternatives = Field(description="its name; a list holds stand-ins for the first")
    axes: Axes | None = Field(None, description="which axes' values, where the metric is measured on several choices")
    pruned: bool = Field(
        False, description="the initial latent dimension less the value: for counts, how many dimensions were pruned"
    )

    def asked(self) -> Iterator[Asked]:
        """All cells, with the metric."""
        return self.cells(self.metric, self.axes)
