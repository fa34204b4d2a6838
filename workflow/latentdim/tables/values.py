"""A study's values by run coordinates, and the cells that they fill."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from latentdim.outcomes.groups import Group
from latentdim.outcomes.seed_statistics import FEWEST_SEEDS
from latentdim.outcomes.troubles import worded
from latentdim.plan.plan import Cell as PlanCell
from latentdim.plan.plan import Plan
from latentdim.tables.footnotes import Footnotes
from latentdim.tables.model import Absence, Cell, Value

SIGNIFICANT = 3


class QueryRefused(LookupError):
    """The study has nothing at the coordinates of a cell, or several values; the message says which."""


@dataclass(frozen=True)
class Coordinates:
    """Which runs a cell is about: those of one dataset, row label and initial latent dimension, over their seeds.

    Attributes:
        axes: which choice of axes the metric is taken on; None where there is one only.
    """

    dataset: str
    label: str
    dim: int
    metric: str
    axes: str | None = None


@dataclass(frozen=True)
class Digits:
    """How a column's numbers are printed.

    Attributes:
        decimals: digits after the point, of means and of values that aren't whole.
        whole: all its values are whole numbers.
    """

    decimals: int
    whole: bool = False

    @classmethod
    def fitting(cls, values: Iterable[float]) -> Digits:
        """One digit after the point for counts, else three significant ones at the median size."""
        found = list(values)
        sizes = sorted(abs(value) for value in found if value != 0)
        whole = all(value == int(value) for value in found)
        if whole:
            return cls(1, whole=True)
        return cls(min(max(SIGNIFICANT - 1 - math.floor(math.log10(sizes[len(sizes) // 2])), 0), 6))

    def text(self, group: Group) -> str:
        """The values of one or two seeds, of more the mean with its deviation."""
        if len(group.values) < FEWEST_SEEDS or group.deviation is None:
            return ", ".join(f"{value:.{0 if self.whole else self.decimals}f}" for value in group.values)
        return f"{group.estimate.value:.{self.decimals}f} ± {group.deviation:.{self.decimals}f}"


@dataclass(frozen=True)
class Values:
    """Every value of a study, seeds brought together."""

    plan: Plan
    groups: tuple[Group, ...]

    @cached_property
    def _groups(self) -> dict[tuple[str, str, int, str], list[Group]]:
        found: dict[tuple[str, str, int, str], list[Group]] = {}
        for group in self.groups:
            found.setdefault((group.dataset, group.label, group.dim, group.metric), []).append(group)
        return found

    @cached_property
    def _cells(self) -> dict[tuple[str, str, int], PlanCell]:
        return {(run.cell.dataset.name, run.cell.label, run.dim): run.cell for run in self.plan.runs}

    @cached_property
    def _notes(self) -> dict[tuple[str, str, int], dict[str, None]]:
        """What the study says of the cells at some coordinates."""
        notes: dict[tuple[str, str, int], dict[str, None]] = {}
        for run in self.plan.listed:
            if run.cell.note:
                at = (run.cell.dataset.name, run.cell.label, run.dim)
                notes.setdefault(at, {})[run.cell.note.rstrip(".")] = None
        return notes

    @cached_property
    def _asked(self) -> set[tuple[str, str | None]]:
        """Metric and axes, or None for any, of all that the study asks for somewhere."""
        without_value = {(one.name, None) for cell in self.plan.cells for one in cell.undefined}
        return without_value.union(*({(group.metric, None), (group.metric, group.axes)} for group in self.groups))

    def group(self, at: Coordinates) -> Group | Absence:
        """The runs at these coordinates, or why the metric has no value there by the study's own word.

        Raises:
            QueryRefused: if the grid has no such run, no run of the study has the metric on these axes, or this one has
                it on several choices of axes.
        """
        cell = self._cells.get((at.dataset, at.label, at.dim))
        where = f"'{at.label}' on '{at.dataset}' at L = {at.dim}"
        if cell is None:
            raise QueryRefused(f"the grid has no run of {where}")
        known = self._groups.get((at.dataset, at.label, at.dim, at.metric), [])
        fitting = [group for group in known if at.axes in (None, group.axes)]
        if len(fitting) > 1:
            axes = ", ".join(group.axes for group in fitting)
            raise QueryRefused(f"{where} has '{at.metric}' on several choices of axes ({axes}); name one of them")
        if fitting:
            return fitting[0]
        undefined = at.metric in {one.name for one in cell.undefined}
        if not undefined and (at.metric, at.axes) not in self._asked:
            axes = f" on {at.axes} axes" if at.axes else ""
            raise QueryRefused(f"the study asks for '{at.metric}'{axes} nowhere")
        return Absence.NOT_DEFINED if undefined else Absence.NOT_ASKED

    def cell(self, at: Coordinates, digits: Digits, footnotes: Footnotes) -> Cell:
        """What a table shows at these coordinates.

        Raises:
            QueryRefused: as of :meth:`group`.
        """
        group = self.group(at)
        if isinstance(group, Absence):
            return Cell(instead=group)
        marks, facts = footnotes.marks(group.troubles), self._facts(group)
        if group.refused:
            return Cell(instead=Absence(group.refusal), marks=marks, facts=facts)
        if not group.values:
            return Cell(instead=group.worst, marks=marks, facts=facts)
        value = Value(
            group.estimate.value, digits.text(group), group.deviation, len(group.values), sound=group.may_win,
            at_floor=group.at_floor, stale=group.stale,
        )  # fmt: skip
        return Cell(value, marks=marks, detail=_detail(group), facts=facts)

    def _facts(self, group: Group) -> dict[str, object]:
        """The coordinates, every digit, and what became of the runs."""
        notes = self._notes.get((group.dataset, group.label, group.dim), ())
        return {
            "dataset": group.dataset, "label": group.label, "method": group.method, "control": group.control,
            "dim": group.dim, "true_dim": self.plan.datasets[group.dataset].true_dim, "metric": group.metric,
            "axes": group.axes, "mean": group.spread.mean, "std": group.spread.std, "n": group.spread.n,
            "own_spread": group.own_spread, "floor": group.floor, "at_floor": group.at_floor, "runs": group.planned,
            "status": group.worst, "reason": "; ".join(dict.fromkeys(map(worded, group.troubles))),
            "note": "; ".join(notes),
        }  # fmt: skip


def _detail(group: Group) -> str:
    """``seed 0: 1.6998; seed 1: 1.7203; floor 0.17``."""
    seeds = [f"seed {row.seed}: {row.value:.6g}" for row in group.counted]
    return "; ".join([*seeds, *([] if group.floor is None else [f"floor {group.floor:.4g}"])])
