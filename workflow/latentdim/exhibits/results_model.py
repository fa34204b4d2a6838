"""The results table as data, before it takes a format."""

from __future__ import annotations

from dataclasses import dataclass

from latentdim.outcomes.groups import Group
from latentdim.outcomes.troubles import SharedReason
from latentdim.registry.declarations import Metric

ARROWS = {"lower": "↓", "higher": "↑", None: ""}
NOT_ASKED, NOT_DEFINED = "–", "not defined"
FEWEST_SEEDS = 3  # for a mean and a deviation; the deviation of two is half their difference
Key = tuple[str, str | None]  # metric; choice of axes, or None for whichever each cell's protocol names


@dataclass(frozen=True)
class Column:
    """One metric, on one choice of axes or on those of each cell's protocol.

    Attributes:
        note: which axes, where that has to be said.
        decimals: digits after the point, of means and of values that aren't whole.
        whole: all its values are whole numbers.
        has_floor: its metric tells a floor, which stands beside each value.
    """

    metric: Metric
    axes: str | None
    note: str
    decimals: int
    whole: bool = False
    has_floor: bool = False

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
    """Why cells are marked, or what a study notes about rows."""

    mark: str
    reason: SharedReason


@dataclass(frozen=True)
class Entry:
    """One cell of the table.

    Attributes:
        group: the runs behind it; None where the metric isn't asked for here, or isn't defined.
        best: printed in bold.
        marks: its footnotes.
        undefined: asked for, but the data can't have it.
    """

    group: Group | None
    best: bool
    marks: tuple[str, ...]
    undefined: bool = False

    @property
    def struck(self) -> bool:
        """Its value is stale."""
        return self.group is not None and self.group.stale

    def text(self, column: Column) -> str:
        """The values of one or two seeds, the mean with its deviation of more, or the status where there are none."""
        if self.group is None:
            return NOT_DEFINED if self.undefined else NOT_ASKED
        values, deviation = self.group.values, self.group.deviation
        if self.group.refused:
            return NOT_DEFINED
        if not values:
            return str(self.group.worst).replace("_", " ")
        if len(values) < FEWEST_SEEDS or deviation is None:
            return ", ".join(f"{value:.{0 if column.whole else column.decimals}f}" for value in values)
        return f"{self.group.estimate.value:.{column.decimals}f} ± {deviation:.{column.decimals}f}"

    def floor_text(self, column: Column) -> str:
        """The metric's floor beside it; empty where it has none."""
        floor = None if self.group is None else self.group.floor
        return "" if floor is None else f"{floor:.{column.decimals}f}"


@dataclass(frozen=True)
class Row:
    """One dataset, row label and initial latent dimension.

    Attributes:
        n: runs behind its numbers, at most over the columns.
        planned: runs asked for.
        marks: footnotes of the row, what the study notes about it.
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
    marks: tuple[str, ...] = ()

    @property
    def at_true_dim(self) -> bool:
        """Its initial dimension is the data's true one."""
        return self.dim == self.true_dim

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
