"""A study's grid by coordinates, and whether what a check names is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from latentdim import registry
from latentdim.claims.columns import columns_of, numbered
from latentdim.plan.plan import Plan
from latentdim.plan.run import Cell
from latentdim.system.problems import nearest


class Asked(NamedTuple):
    """Run coordinates that a check names and the study has to have.

    Attributes:
        key: where they stand in the check.
        datasets: names of which one has to be in the grid; the others only have to be some dataset's.
        label: the row label; None for any.
        dim: the latent dimension; None for any.
        metrics: names of which one has to be asked for there; empty for histories.
        axes: on which they are taken; None where there has to be one choice only.
        search: a kind of search that the label has to have; empty for none.
        column: of the histories there; empty for none.
    """

    key: str
    datasets: tuple[str, ...]
    label: str | None = None
    dim: int | None = None
    metrics: tuple[str, ...] = ()
    axes: str | None = None
    search: str = ""
    column: str = ""


@dataclass(frozen=True)
class Grid:
    """The cells of a plan by dataset, row label and latent dimension."""

    plan: Plan

    @cached_property
    def cells(self) -> dict[str, dict[str, dict[int, Cell]]]:
        """See above; in the plan's order."""
        found: dict[str, dict[str, dict[int, Cell]]] = {}
        for run in self.plan.runs:
            found.setdefault(run.cell.dataset.name, {}).setdefault(run.cell.label, {})[run.dim] = run.cell
        return found

    def named(self, datasets: Sequence[str]) -> tuple[str, ...]:
        """These datasets, each followed by the one that takes its place in this plan, where one does."""
        there = self.plan.stand_ins
        return tuple(dict.fromkeys(one for name in datasets for one in (name, there.get(name, name))))

    def dims(self, datasets: Sequence[str], label: str) -> list[int]:
        """The latent dimensions that a label has on the first of these datasets with any, ascending."""
        sizes = (sorted(self.cells.get(dataset, {}).get(label, ())) for dataset in self.named(datasets))
        return next(filter(None, sizes), [])

    def rivals(self, datasets: Sequence[str], dim: int | None, label: str) -> list[str]:
        """The other labels on these datasets that have runs of that size, controls apart, in the study's order."""
        names = (
            name
            for dataset in self.named(datasets)
            for name, sizes in self.cells.get(dataset, {}).items()
            if name != label
            and (dim is None or dim in sizes)
            and not any(cell.method.control for cell in sizes.values())
        )
        return list(dict.fromkeys(names))

    def problem(self, asked: Asked) -> str:
        """Why the study has nothing at these coordinates, beginning with the key; empty where it has."""
        asked = asked._replace(datasets=self.named(asked.datasets))
        if problem := self._no_dataset(asked.datasets):
            return f"{asked.key}{problem}"
        where = f"on {' or '.join(repr(name) for name in asked.datasets)}"
        here = [labels for name, labels in self.cells.items() if name in asked.datasets]
        labels = dict.fromkeys(label for one in here for label in one)
        if asked.label is None:
            return ""
        if asked.label not in labels:
            hint = nearest(asked.label, labels)
            return f"{asked.key} = {asked.label!r}: not a row label of the grid {where}{hint}"
        sizes = [one[asked.label] for one in here if asked.label in one]
        dims = sorted({dim for one in sizes for dim in one})
        if asked.dim is not None and asked.dim not in dims:
            known = ", ".join(map(str, dims))
            return f"{asked.key} = {asked.dim}: the grid has no run of '{asked.label}' {where} so large (only {known})"
        cells = [cell for one in sizes for dim, cell in one.items() if asked.dim in (None, dim)]
        return _unmeasured(asked, cells, where) or self._unsearched(asked, where) or self._unrecorded(asked, where)

    def _no_dataset(self, names: Sequence[str]) -> str:
        if not set(names) & set(self.cells):
            return f" = {names[0]!r}: not a dataset of this study's grid{nearest(names[0], self.cells)}"
        for name in names:
            known = registry.dataset_by_name(name) is not None or name in registry.datasets()
            if name not in self.cells and name not in self.plan.study.datasets and not known:
                return f" = {name!r}: not a dataset{nearest(name, registry.dataset_names(self.cells))}"
        return ""

    def _unrecorded(self, asked: Asked, where: str) -> str:
        """Why none of these runs has the column in its history: neither the engine, their method nor the study does."""
        known: set[str] = set()
        for cell in self.plan.cells if asked.column else ():
            if cell.label == asked.label and cell.dataset.name in asked.datasets:
                columns = columns_of(cell)
                if columns is None or numbered(asked.column) in columns:
                    return ""
                known |= columns
        if not known:
            return ""
        hint = nearest(asked.column, sorted(known))
        return f"{asked.key} = {asked.column!r}: no column of the histories of '{asked.label}' {where}{hint}"

    def _unsearched(self, asked: Asked, where: str) -> str:
        if not asked.search:
            return ""
        kinds = {
            one.dims.search
            for one in self.plan.searches
            if one.cell.dataset.name in asked.datasets and one.cell.label == asked.label
        }
        if asked.search in kinds:
            return ""
        known = f"only {', '.join(sorted(kinds))}" if kinds else "none"
        return f"{asked.key}: '{asked.label}' {where} has no {asked.search} search, {known}"


def _unmeasured(asked: Asked, cells: Sequence[Cell], where: str) -> str:
    """Why none of the metrics is asked for there, on one choice of axes; empty where one is."""
    unknown = [name for name in asked.metrics if name not in registry.metrics()]
    if unknown:
        return f"metric = {unknown[0]!r}: not a metric{registry.metrics().hint(unknown[0])}"
    names = " or ".join(f"'{name}'" for name in asked.metrics)
    for cell in {id(cell): cell for cell in cells}.values() if asked.metrics else ():
        requested = [one for one in cell.metrics if one.metric.name in asked.metrics]
        fitting = [one for one in requested if not one.axes or asked.axes in (None, one.axes)]
        if not fitting and not any(metric.name in asked.metrics for metric in cell.undefined):
            axes = f" on {asked.axes} axes" if asked.axes and requested else ""
            return f"metric: {names} isn't asked for{axes} of '{cell.label}' {where}"
        if len({one.metric.name for one in fitting}) < len(fitting):
            axes = ", ".join(str(one.axes) for one in fitting)
            return f"metric: {names} of '{cell.label}' {where} has several choices of axes ({axes}); name one"
    return ""
