"""Seeds brought together: one group for each dataset, row label, latent dimension and metric."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from latentdim import registry
from latentdim.outcomes import seed_statistics as statistics
from latentdim.outcomes.comparison import Estimate
from latentdim.outcomes.outcomes import Measurement, Outcome
from latentdim.outcomes.troubles import Trouble, refusal_by
from latentdim.outcomes.wording import briefly
from latentdim.records.status import Status


@dataclass(frozen=True)
class SeedValue:
    """One metric of one run: its value, or why it has none.

    Attributes:
        reasons: the run's, then what the metric says beyond it.
        spread: of this run's own estimate, where it is known.
        floor: of the metric, where it has one.
        at_floor: the value can't be told from that.
        refused: there is no value, since the metric has no meaning there.
    """

    seed: int
    value: float | None
    status: Status
    reasons: tuple[str, ...] = ()
    spread: float | None = None
    floor: float | None = None
    at_floor: bool = False
    refused: bool = False


@dataclass(frozen=True)
class Group:
    """The runs of one cell at one dimension, for one metric.

    Attributes:
        rows: one a seed, in the plan's order.
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

    @cached_property
    def own_spread(self) -> float | None:
        """A single run's own spread, as the root mean square over the runs that tell one."""
        squares = [row.spread**2 for row in self.counted if row.spread is not None]
        return math.sqrt(statistics.mean(squares)) if squares else None

    @property
    def deviation(self) -> float | None:
        """How far the value would move: the deviation over seeds, or a run's own spread where that is larger.

        None where there is a single run that doesn't tell its spread.
        """
        return max((spread for spread in (self.spread.std, self.own_spread) if spread is not None), default=None)

    @property
    def estimate(self) -> Estimate:
        """The mean with that deviation.

        Raises:
            ValueError: if there are no values.
        """
        return Estimate(statistics.mean(self.values), self.deviation)

    @property
    def floor(self) -> float | None:
        """The metric's floor, averaged over the runs that tell one."""
        floors = [row.floor for row in self.counted if row.floor is not None]
        return statistics.mean(floors) if floors else None

    @property
    def at_floor(self) -> bool:
        """One of the runs behind the mean has a value at its floor, so the mean isn't all the models' doing."""
        return any(row.at_floor for row in self.counted)

    @property
    def planned(self) -> int:
        """How many runs were asked for."""
        return len(self.rows)

    def counts(self, status: Status) -> bool:
        """Whether a run of that status is in the mean."""
        return any(row.status is status for row in self.counted)

    @property
    def stale(self) -> bool:
        """Its values are from earlier data or code."""
        return self.counts(Status.STALE)

    @property
    def may_win(self) -> bool:
        """Fit to be called the best: no control, with at least one sound value."""
        return not self.control and self.counts(Status.OK)

    @property
    def worst(self) -> Status:
        """What to print where there is no value: the first status that isn't ok."""
        return next((row.status for row in self.rows if row.status is not Status.OK), Status.OK)

    @property
    def refused(self) -> bool:
        """It has no value, and for no other reason than that the metric has no meaning there."""
        return not self.values and all(row.refused for row in self.rows)

    @property
    def refusal(self) -> str:
        """What a value is called that its metric refused."""
        return refusal_by(registry.metrics().get(self.metric))

    @property
    def troubles(self) -> list[Trouble]:
        """Every row that isn't ok, with its reasons one by one, and every one that its metric remarks on."""
        return [
            Trouble(
                self.dataset,
                self.label,
                self.dim,
                row.seed,
                row.status,
                reason,
                self.refusal if row.refused and last == 1 else "",
            )
            for row in self.rows
            for last, reason in self._reasons(row)
        ]

    @staticmethod
    def _reasons(row: SeedValue) -> Iterator[tuple[int, str]]:
        """A row's reasons, each with how many are left, itself included."""
        reasons = row.reasons or (("",) if row.status is not Status.OK else ())
        return zip(range(len(reasons), 0, -1), reasons, strict=True)


def groups(outcomes: Iterable[Outcome]) -> list[Group]:
    """All groups, in the plan's order."""
    rows_of: dict[tuple[str, str, str, bool, int, str, str], list[SeedValue]] = {}
    for outcome in outcomes:
        run, cell = outcome.run, outcome.run.cell
        for measured in outcome.measurements:
            requested = measured.requested
            key = (
                cell.dataset.name, cell.label, cell.method.name, cell.method.control, run.dim, requested.metric.name,
                requested.axes or "",
            )  # fmt: skip
            rows_of.setdefault(key, []).append(_seed_value(run.seed, measured))
    return [Group(*key, tuple(rows)) for key, rows in rows_of.items()]


def _seed_value(seed: int, measured: Measurement) -> SeedValue:
    return SeedValue(
        seed,
        measured.value,
        measured.status,
        tuple(filter(None, map(briefly, (measured.of_run, measured.reason)))),
        measured.spread,
        measured.floor.value if measured.floor else None,
        measured.at_floor,
        measured.refused,
    )


def select(
    found: Iterable[Group], *, datasets: Collection[str] = (), labels: Collection[str] = (),
    dims: Collection[int] = (), metric: str | None = None, axes: str | None = None,
) -> list[Group]:  # fmt: skip
    """The groups of the named cells, metric and choice of axes; what isn't named lets everything through."""
    return [
        group
        for group in found
        if (not datasets or group.dataset in datasets)
        and (not labels or group.label in labels)
        and (not dims or group.dim in dims)
        and metric in (None, group.metric)
        and axes in (None, group.axes)
    ]
