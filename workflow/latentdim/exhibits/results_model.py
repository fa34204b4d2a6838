"""The results table as data, before it takes a format."""

from __future__ import annotations

from dataclasses import dataclass

from latentdim.outcomes.groups import Group
from latentdim.records.status import Status
from latentdim.registry.declarations import Metric

ARROWS = {"lower": "↓", "higher": "↑", None: ""}
NOT_ASKED = "–"
Key = tuple[str, str | None]  # metric; choice of axes, or None for whichever each cell's protocol names


@dataclass(frozen=True)
class Column:
    """One metric, on one choice of axes or on those of each cell's protocol.

    Attributes:
        note: which axes, where that has to be said.
        decimals: digits after the point.
    """

    metric: Metric
    axes: str | None
    note: str
    decimals: int

    @property
    def key(self) -> Key:
        """Metric and axes."""
        return self.metric.name, self.axes

    @property
    def arrow(self) -> str:
        """Which direction wins."""
        return ARROWS[self.metric.better]

    @property
    def title(self) -> str:
        """The heading without the arrow."""
        return f"{self.metric.title} ({self.note})" if self.note else self.metric.title


@dataclass(frozen=True)
class Footnote:
    """Why cells are marked: status and reason, and the runs that it holds for."""

    mark: str
    text: str
    where: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The whole in one line."""
        return f"{self.text} ({'; '.join(self.where)})."


@dataclass(frozen=True)
class Entry:
    """One cell of the table.

    Attributes:
        group: the runs behind it; None where the metric isn't asked for here.
        best: printed in bold.
        marks: its footnotes.
    """

    group: Group | None
    best: bool
    marks: tuple[str, ...]

    @property
    def struck(self) -> bool:
        """Its value is stale."""
        return self.group is not None and self.group.counts(Status.STALE)

    def text(self, decimals: int) -> str:
        """The number with its deviation, or the status where there is none."""
        if self.group is None:
            return NOT_ASKED
        found = self.group.spread
        if found.mean is None or found.std is None:
            return str(self.group.worst).replace("_", " ")
        mean = f"{found.mean:.{decimals}f}"
        return mean if found.n == 1 else f"{mean} ± {found.std:.{decimals}f}"


@dataclass(frozen=True)
class Row:
    """One dataset, row label and initial latent dimension.

    Attributes:
        n: runs behind its numbers, at most over the columns.
        planned: runs asked for.
    """

    dataset: str
    label: str
    title: str
    method: str
    dim: int
    true_dim: int | None
    control: bool
    n: int
    planned: int
    entries: tuple[Entry, ...]

    @property
    def count(self) -> str:
        """``2``, or ``1 of 2``."""
        return str(self.n) if self.n == self.planned else f"{self.n} of {self.planned}"


@dataclass(frozen=True)
class ResultsTable:
    """The whole table."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    footnotes: tuple[Footnote, ...]
