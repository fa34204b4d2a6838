"""What claims are judged by: a study's values, histories and stored arrays at run coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from latentdim import registry
from latentdim.claims.caveats import by_caveat, caveats_of
from latentdim.claims.ends import FEWEST_RUNS, Caveat, Caveats, End, Point, Row
from latentdim.claims.grid import Grid
from latentdim.outcomes.groups import Group, groups
from latentdim.outcomes.outcomes import Outcome
from latentdim.outcomes.searches import SearchOutcome, search_outcomes
from latentdim.plan.plan import Plan
from latentdim.records.folder import RunFolder
from latentdim.records.history import read_history
from latentdim.records.status import Status
from latentdim.tables.model import Absence
from latentdim.tables.values import Coordinates, QueryRefused, Values

History = list[dict[str, float]]


@dataclass(frozen=True)
class Curve:
    """The values of some cells, from left to right.

    Attributes:
        dataset: whose values these are, where several were named.
        metric: the same.
        silent: the places without a value, each with its reason.
        notes: that another dataset or metric stands in.
        caveats: what is to be known of the runs behind the values, and of those that diverged.
    """

    dataset: str
    metric: str
    points: tuple[Point, ...]
    silent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    caveats: Caveats = field(default_factory=dict)

    def row(self, where: str, end: End, says: str, **drawing: Any) -> Row:
        """A row of evidence about it.

        Args:
            drawing: how it is drawn, as :class:`latentdim.claims.ends.Row` has it.
        """
        return Row(
            where, end, says, self.dataset, notes=self.notes, silent=self.silent, caveats=self.caveats, **drawing
        )


@dataclass(frozen=True)
class Place:
    """A cell at one latent dimension, and how it is called along an axis."""

    label: str
    dim: int
    name: str
    position: float
    axes: str | None = None


@dataclass(frozen=True)
class Evidence:
    """All that a study's runs have left.

    Attributes:
        outcomes: of every run, in the plan's order.
    """

    plan: Plan
    outcomes: Sequence[Outcome]

    @property
    def scale(self) -> str:
        """Of the study: ``paper``, or below it."""
        return self.plan.study.scale

    @cached_property
    def values(self) -> Values:
        """The metrics, seeds brought together."""
        return Values(self.plan, tuple(groups(self.outcomes)))

    @cached_property
    def grid(self) -> Grid:
        """The cells by coordinates."""
        return Grid(self.plan)

    @cached_property
    def searches(self) -> list[SearchOutcome]:
        """What the study's searches found."""
        return search_outcomes(self.plan, self.outcomes)

    def curve(
        self, datasets: Sequence[str], metrics: Sequence[str], places: Sequence[Place], *, axes: str | None = None,
        pruned: bool = False,
    ) -> Curve:  # fmt: skip
        """The values at these places: of the first dataset and metric that has all of them, else most of them.

        Args:
            axes: on which the metric is taken, where a place doesn't say.
            pruned: the latent dimension less each value.
        """
        named = self.grid.named(datasets)
        curves = [self._curve(name, metric, places, axes, pruned=pruned) for name in named for metric in metrics]
        best = min(curves, key=lambda curve: len(curve.silent))
        instead = []
        if best.dataset != datasets[0]:
            instead.append(f"on a stand-in for the paper's data: {best.dataset} in place of {datasets[0]}")
        if best.metric != metrics[0]:
            instead.append(f"in another measure than the paper's: {best.metric} in place of {metrics[0]}")
        return replace(best, notes=tuple(instead))

    def _curve(self, dataset: str, metric: str, places: Sequence[Place], axes: str | None, *, pruned: bool) -> Curve:
        points, silent = [], []
        caveats: list[tuple[str, Iterable[Caveat]]] = []
        for place in places:
            group = self._group(Coordinates(dataset, place.label, place.dim, metric, place.axes or axes))
            if isinstance(group, str) or not group.values:
                why = group if isinstance(group, str) else str(group.worst).replace("_", " ")
                silent.append(f"{place.name} ({why})")
                continue
            values = tuple(place.dim - value if pruned else value for value in group.values)
            spread = group.deviation if len(values) >= FEWEST_RUNS else None
            points.append(Point(place.name, place.position, values, spread))
            caveats.append((place.name, self._caveats(group)))
        return Curve(dataset, metric, tuple(points), tuple(silent), caveats=by_caveat(caveats))

    def _group(self, at: Coordinates) -> Group | str:
        try:
            group = self.values.group(at)
        except QueryRefused:
            return "not asked for"
        return group if isinstance(group, Group) else "not defined" if group is Absence.NOT_DEFINED else "not asked for"

    def _caveats(self, group: Group) -> Iterator[Caveat]:
        """Of the runs behind a value; stale ones count only where nothing else does."""
        trained = not registry.metrics().get(group.metric).of_machine
        for outcome in self._runs.get((group.dataset, group.label, group.dim), ()):
            if group.stale or outcome.status is not Status.STALE:
                yield from caveats_of(outcome, self.scale, trained=trained)
        if group.at_floor:
            yield Caveat.AT_FLOOR

    @cached_property
    def _runs(self) -> dict[tuple[str, str, int], list[Outcome]]:
        runs: dict[tuple[str, str, int], list[Outcome]] = {}
        for outcome in self.outcomes:
            cell = outcome.run.cell
            runs.setdefault((cell.dataset.name, cell.label, outcome.run.dim), []).append(outcome)
        return runs

    def runs(self, datasets: Sequence[str], label: str, dims: Sequence[int] = ()) -> list[Outcome]:
        """The runs of a label, at all sizes where none is named, on the first of these datasets that has a history."""
        found: list[Outcome] = []
        for dataset in self.grid.named(datasets):
            these = [
                one for one in self.outcomes
                if (one.run.cell.dataset.name, one.run.cell.label) == (dataset, label)
                and (not dims or one.run.dim in dims)
            ]  # fmt: skip
            found = found or these
            if any(RunFolder(self.plan.folder(one.run)).history.exists() for one in these):
                return these
        return found

    def history(self, outcome: Outcome) -> History:
        """The rows of a run's history; empty where it has none that can be read, or didn't end."""
        if outcome.record is None or (not outcome.status.has_model and outcome.status is not Status.DIVERGED):
            return []
        try:
            return read_history(RunFolder(self.plan.folder(outcome.run)))
        except ValueError:
            return []
