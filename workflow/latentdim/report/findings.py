"""The headline findings of a study, worked out from its long table; nothing here is written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from latentdim.exhibits.context import titled
from latentdim.outcomes.groups import Group, groups
from latentdim.plan.plan import Plan
from latentdim.records.status import Status
from latentdim.registry.declarations import Metric

SWEEP = 3  # sizes with a value from which on a minimum over them is worth telling
DISTANCE = "frechet_distance"
COUNTS = ("active", "active_jacobian")


@dataclass(frozen=True)
class Finding:
    """What the records say about one method on one dataset."""

    who: str
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.who}: {' '.join(self.sentences)}"


def findings(plan: Plan, table: pd.DataFrame) -> list[Finding]:
    """Where a distance is lowest and how many dimensions stay active, by dataset and label in the table's order."""
    metrics = {requested.metric.name: requested.metric for cell in plan.cells for requested in cell.metrics}
    curves: dict[tuple[str, str], dict[tuple[str, str], list[Group]]] = {}
    for group in sorted(groups(table[~table["control"]]), key=lambda group: group.dim):
        curve = curves.setdefault((group.dataset, group.label), {})
        curve.setdefault((group.metric, group.axes), []).append(group)
    found = []
    for dataset, label in dict.fromkeys(zip(table["dataset"], table["label"], strict=True)):
        true_dim = plan.datasets[dataset].true_dim
        sentences = [
            sentence
            for (name, axes), points in curves.get((dataset, label), {}).items()
            for sentence in _told(metrics[name], axes, points, true_dim)
        ]
        if sentences:
            found.append(Finding(f"{titled(plan, label)} on {dataset}", tuple(sentences)))
    return found


def _told(metric: Metric, axes: str, points: Sequence[Group], true_dim: int | None) -> Iterator[str]:
    valued = [group for group in points if group.spread.n]
    if metric.name == DISTANCE and len(valued) >= SWEEP:
        yield _lowest(metric, axes, valued, len(points), true_dim)
    if metric.name in COUNTS:
        yield from _kept(metric, valued, true_dim)


def _lowest(metric: Metric, axes: str, valued: Sequence[Group], asked: int, true_dim: int | None) -> str:
    """Where the mean over seeds is lowest, how clear that is, and how it relates to the true dimension."""
    best, second = sorted(valued, key=lambda group: group.spread.mean or 0.0)[:2]
    on = f" on its {axes} axes" if axes and axes != "all" else ""
    same = ", the true dimension" if best.dim == true_dim else f" (the true dimension is {true_dim})"
    sizes = f"{len(valued)} sizes" if len(valued) == asked else f"the {len(valued)} of {asked} sizes with a value"
    same = "" if true_dim is None else same
    return (
        f"Over {sizes}, {metric.title}{on} is lowest at L = {best.dim}{same}: {_value(best)}. "
        f"The next best is L = {second.dim} with {_value(second)}."
    )


def _kept(metric: Metric, valued: Sequence[Group], true_dim: int | None) -> Iterator[str]:
    """How many dimensions stay active; silent for methods that keep all of them by construction.

    Where the true dimension is known, sizes below it are passed over: nothing could be found there.
    """
    points = [group for group in valued if true_dim is None or group.dim >= true_dim]
    if all(value == group.dim for group in points for value in group.values):
        return
    told = [f"{_span(group.values)} of {group.dim}" for group in points]
    listed = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
    truth = "" if true_dim is None else f"; the true dimension is {true_dim}"
    collapsed = ", ".join(str(group.dim) for group in points if group.counts(Status.COLLAPSED))
    noted = f" (with a collapsed run at L = {collapsed})" if collapsed else ""
    yield f"{metric.title} is {listed}{truth}{noted}."


def _span(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _value(group: Group) -> str:
    found = group.spread
    deviation = f" ± {found.std:.2g}" if found.n > 1 else ""
    return f"{found.mean:.3g}{deviation} (n = {found.n})"
