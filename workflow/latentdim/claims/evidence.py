"""What claims are judged by: a study's values, histories and stored arrays at run coordinates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from latentdim.claims.ends import FEWEST_RUNS, Point
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
        lacking: names of the places without a value, each with its reason.
        notes: that another dataset or metric stands in, and whatever else a reader must know.
    """

    dataset: str
    metric: str
    points: tuple[Point, ...]
    lacking: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


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
        best = min(curves, key=lambda curve: len(curve.lacking))
        instead = []
        if best.dataset != datasets[0]:
            instead.append(f"on a stand-in for the paper's data: {best.dataset} in place of {datasets[0]}")
        if best.metric != metrics[0]:
            instead.append(f"in another measure than the paper's: {best.metric} in place of {metrics[0]}")
        return Curve(best.dataset, best.metric, best.points, best.lacking, (*instead, *best.notes))

    def _curve(self, dataset: str, metric: str, places: Sequence[Place], axes: str | None, *, pruned: bool) -> Curve:
        points, lacking = [], []
        marked: dict[str, list[str]] = {}
        for place in places:
            group = self._group(Coordinates(dataset, place.label, place.dim, metric, place.axes or axes))
            if isinstance(group, str) or not group.values:
                why = group if isinstance(group, str) else str(group.worst).replace("_", " ")
                lacking.append(f"{place.name} ({why})")
                continue
            values = tuple(place.dim - value if pruned else value for value in group.values)
            spread = group.deviation if len(values) >= FEWEST_RUNS else None
            points.append(Point(place.name, place.position, values, spread))
            for mark in self._marks(group):
                marked.setdefault(mark, []).append(place.name)
        notes = tuple(f"{mark}: {', '.join(places)}" for mark, places in marked.items())
        return Curve(dataset, metric, tuple(points), tuple(lacking), notes)

    def _group(self, at: Coordinates) -> Group | str:
        try:
            group = self.values.group(at)
        except QueryRefused:
            return "not asked for"
        return group if isinstance(group, Group) else "not defined" if group is Absence.NOT_DEFINED else "not asked for"

    @staticmethod
    def _marks(group: Group) -> Iterator[str]:
        if group.stale:
            yield "stale, of earlier data or code"
        if group.counts(Status.COLLAPSED):
            yield "of a collapsed run"
        if group.at_floor:
            yield "at its metric's floor"

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
