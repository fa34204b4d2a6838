"""The headline findings of a study, worked out from its values; nothing here is written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from latentdim.exhibits.context import titled
from latentdim.outcomes.comparison import leaders
from latentdim.outcomes.groups import Group
from latentdim.outcomes.seed_statistics import FEWEST_SEEDS
from latentdim.plan.plan import Plan
from latentdim.records.status import Status
from latentdim.registry.declarations import Metric

SWEEP = 3  # sizes with a value from which on a minimum over them is worth telling
DISTANCE = "frechet_distance"
COUNTS = ("active", "active_jacobian")


@dataclass(frozen=True)
class Finding:
    """What the records say about one method on one dataset.

    Attributes:
        note: what the study says that a reader must know of it.
    """

    who: str
    sentences: tuple[str, ...]
    note: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Its sentences, and the note."""
        return (*self.sentences, *([self.note] if self.note else []))

    def __str__(self) -> str:
        return " ".join([f"{self.who}:", *self.texts])


def findings(plan: Plan, values: Sequence[Group]) -> list[Finding]:
    """Where a distance is lowest and how many dimensions stay active, by dataset and label in the plan's order."""
    metrics = {requested.metric.name: requested.metric for cell in plan.cells for requested in cell.metrics}
    curves: dict[tuple[str, str], dict[tuple[str, str], list[Group]]] = {}
    for group in sorted((one for one in values if not one.control), key=lambda group: group.dim):
        curve = curves.setdefault((group.dataset, group.label), {})
        curve.setdefault((group.metric, group.axes), []).append(group)
    found = []
    for dataset, label in dict.fromkeys((group.dataset, group.label) for group in values):
        true_dim = plan.datasets[dataset].true_dim
        sentences = [
            sentence
            for (name, axes), points in curves.get((dataset, label), {}).items()
            for sentence in _told(metrics[name], axes, points, true_dim)
        ]
        if sentences:
            notes = {cell.note for cell in plan.cells if (cell.dataset.name, cell.label) == (dataset, label)}
            note = " ".join(f"{text.rstrip('.')}." for text in sorted(notes - {""}))
            found.append(Finding(f"{titled(plan, label)} on {dataset}", tuple(sentences), note))
    return found


def _told(metric: Metric, axes: str, points: Sequence[Group], true_dim: int | None) -> Iterator[str]:
    sound = [group for group in points if group.may_win]
    if metric.name == DISTANCE and len(sound) >= SWEEP:
        yield _lowest(metric, axes, sound, len(points), true_dim)
    if metric.name in COUNTS:
        yield from _kept(metric, [group for group in points if group.values and not group.stale], true_dim)


def _lowest(metric: Metric, axes: str, sound: Sequence[Group], asked: int, true_dim: int | None) -> str:
    """Where the values are lowest, as far as their spreads let anybody say, and how that relates to the true dimension.

    No minimum is named among values that can't be told apart.
    """
    by_dim = {group.dim: group for group in sound}
    first = leaders({group.dim: group.estimate for group in sound}, "lower")
    sizes = f"{len(sound)} sizes" if len(sound) == asked else f"the {len(sound)} of {asked} sizes with a sound value"
    what = f"{metric.title}{f' on its {axes} axes' if axes and axes != 'all' else ''}"
    values = listed([f"{_value(by_dim[dim])} at L = {dim}" for dim in sorted(first)])
    floor = _floor(by_dim[first[0]])
    if len(first) == len(sound):
        return f"Over {sizes}, {what} is lowest nowhere: its values can't be told apart ({values}).{floor}"
    true = "" if true_dim is None else f" (the true dimension is {true_dim})"
    others = sorted((group for group in sound if group.dim not in first), key=lambda group: group.estimate.value)
    following = f"The next best is L = {others[0].dim} with {_value(others[0])}."
    if len(first) > 1:
        where = f"L = {listed(sorted(first))}, which are alike{true}"
        return f"Over {sizes}, {what} is lowest at {where}: {values}. {following}{floor}"
    same = ", the true dimension" if first[0] == true_dim else true
    return f"Over {sizes}, {what} is lowest at L = {first[0]}{same}: {_value(by_dim[first[0]])}. {following}{floor}"


def _floor(best: Group) -> str:
    if best.floor is None:
        return ""
    reached = ", which the lowest value doesn't surpass" if best.at_floor else ""
    return f" Two halves of the real data are {best.floor:.2g} apart{reached}."


def _kept(metric: Metric, valued: Sequence[Group], true_dim: int | None) -> Iterator[str]:
    """How many dimensions stay active; silent for methods that keep all of them by construction.

    Where the true dimension is known, sizes below it are passed over: nothing could be found there.
    """
    points = [group for group in valued if true_dim is None or group.dim >= true_dim]
    if all(value == group.dim for group in points for value in group.values):
        return
    counts = listed([f"{_span(group.values)} of {group.dim}" for group in points])
    truth = "" if true_dim is None else f"; the true dimension is {true_dim}"
    collapsed = ", ".join(str(group.dim) for group in points if group.counts(Status.COLLAPSED))
    noted = f" (with a collapsed run at L = {collapsed})" if collapsed else ""
    yield f"{metric.title} is {counts}{truth}{noted}."


def listed(items: Sequence[object]) -> str:
    """``8``, ``8 and 16`` or ``8, 16 and 32``."""
    texts = [str(item) for item in items]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _span(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _value(group: Group) -> str:
    """The values of one or two seeds with a run's own spread; of more the mean with its deviation."""
    own, deviation, n = group.own_spread, group.deviation, len(group.values)
    if n >= FEWEST_SEEDS and deviation is not None:
        return f"{group.estimate.value:.3g} ± {deviation:.2g} (n = {n})"
    values = " and ".join(f"{value:.3g}" for value in group.values)
    spread = "" if own is None else f", {'each ' if n > 1 else ''}± {own:.2g} by itself"
    return f"{values} (n = {n}{spread})"
