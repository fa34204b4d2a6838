"""Seeds brought together: one group for each dataset, row label, latent dimension and metric."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from latentdim.outcomes import seed_statistics as statistics
from latentdim.outcomes.places import listed
from latentdim.records.status import Status


@dataclass(frozen=True)
class SeedValue:
    """One row of the long table: a run's value, or why it has none."""

    seed: int
    value: float | None
    status: Status
    reason: str


@dataclass(frozen=True)
class Trouble:
    """One run that gives no sound value, or one to be careful with, and why."""

    dataset: str
    label: str
    dim: int
    seed: int
    status: Status
    reason: str


@dataclass(frozen=True)
class Group:
    """The runs of one cell at one dimension, for one metric.

    Attributes:
        rows: one a seed, in the order of the long table.
    """

    dataset: str
    label: str
    method: str
    control: bool
    dim: int
    metric: str
    axes: str
    rows: tuple[SeedValue, ...]

    @cached_property
    def counted(self) -> tuple[SeedValue, ...]:
        """The rows behind the mean: those of sound and of collapsed runs; where there are none, stale ones."""
        valued = [row for row in self.rows if row.value is not None]
        sound = [row for row in valued if row.status in {Status.OK, Status.COLLAPSED}]
        return tuple(sound or [row for row in valued if row.status is Status.STALE])

    @cached_property
    def values(self) -> list[float]:
        """The values behind the mean."""
        return [row.value for row in self.counted if row.value is not None]

    @cached_property
    def spread(self) -> statistics.Spread:
        """Mean, population standard deviation and count over seeds."""
        return statistics.spread(self.values)

    @property
    def planned(self) -> int:
        """How many runs were asked for."""
        return len(self.rows)

    def counts(self, status: Status) -> bool:
        """Whether a run of that status is in the mean."""
        return any(row.status is status for row in self.counted)

    @property
    def may_win(self) -> bool:
        """Fit to be called the best: no control, with at least one sound value."""
        return not self.control and self.counts(Status.OK)

    @property
    def worst(self) -> Status:
        """What to print where there is no value: the first status that isn't ok."""
        return next((row.status for row in self.rows if row.status is not Status.OK), Status.OK)

    @property
    def troubles(self) -> list[Trouble]:
        """Every row that isn't ok, with its reason, and every one whose metric warns."""
        return [
            Trouble(self.dataset, self.label, self.dim, row.seed, row.status, row.reason)
            for row in self.rows
            if row.status is not Status.OK or row.reason
        ]


def groups(table: pd.DataFrame) -> list[Group]:
    """All groups, in the order of the long table."""
    rows_of: dict[tuple[str, str, str, bool, int, str, str], list[SeedValue]] = {}
    for row in table.to_dict("records"):
        key = (row["dataset"], row["label"], row["method"], row["control"], row["dim"], row["metric"], row["axes"])
        value = None if pd.isna(row["value"]) else float(row["value"])
        rows_of.setdefault(key, []).append(SeedValue(row["seed"], value, Status(row["status"]), row["reason"]))
    return [Group(*key, tuple(rows)) for key, rows in rows_of.items()]


def select(
    table: pd.DataFrame, *, datasets: Iterable[str] = (), labels: Iterable[str] = (), dims: Iterable[int] = ()
) -> pd.DataFrame:
    """The rows of the named cells; an empty filter lets everything through."""
    for column, names in (("dataset", list(datasets)), ("label", list(labels)), ("dim", list(dims))):
        if names:
            table = table[table[column].isin(names)]
    return table


def measured_as(table: pd.DataFrame, metric: str, axes: str | None) -> pd.DataFrame:
    """The rows of one metric, on one choice of axes where that is named."""
    rows = table[table["metric"] == metric]
    return rows if axes is None else rows[rows["axes"] == axes]


def sentences(troubles: Iterable[Trouble]) -> list[str]:
    """One sentence for each status and reason, with every run that it holds for.

    Returns:
        For example ``timed out: killed after 9 of 10 minutes (synthetic_8 wae_mmd L = 24, seed 1).``
    """
    return [f"{text} ({'; '.join(where)})." for text, where in by_reason(troubles).items()]


def by_reason(troubles: Iterable[Trouble]) -> dict[str, list[str]]:
    """Status and reason → where it holds, a text for each dataset, label and dimension."""
    places: dict[str, dict[tuple[str, str, int], set[int]]] = {}
    for trouble in troubles:
        cells = places.setdefault(worded(trouble), {})
        cells.setdefault((trouble.dataset, trouble.label, trouble.dim), set()).add(trouble.seed)
    return {text: listed(cells) for text, cells in places.items()}


def worded(trouble: Trouble) -> str:
    """``timed out: killed after 9 of 10 minutes``."""
    status = "take care" if trouble.status is Status.OK else str(trouble.status).replace("_", " ")
    return f"{status}: {trouble.reason}" if trouble.reason else status
