"""What an exhibit is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from latentdim import registry
from latentdim.outcomes.groups import Group, groups
from latentdim.outcomes.outcomes import Outcome
from latentdim.outcomes.troubles import SharedReason, by_reason
from latentdim.plan.plan import Plan
from latentdim.plan.run import Cell, Run
from latentdim.registry.declarations import ExhibitOptions, Metric
from latentdim.study.file import ExhibitEntry
from latentdim.tables.model import Table


class ExhibitRefused(Exception):
    """The exhibit can't be drawn from what exists; the message says why and stands in its place."""


class NothingToDraw(ExhibitRefused):
    """All that the exhibit would show is undefined, so nothing is left to wait for: its study has to be changed."""


@dataclass(frozen=True)
class Drawn:
    """What an exhibit says of itself once its files are written.

    Attributes:
        caption: what is seen, in words that stand on their own; plain text.
        alt: what a reader who can't see the picture should know.
        notes: one sentence for each thing that is missing or marked.
        cells: whose protocol is printed beneath it, with the study's notes.
        metrics: names of the metrics shown; only the protocol fields that move them are printed. Empty for examples.
        table: for tables; None for figures.
        fields: names of further evaluation fields that shape what is shown, printed as well.
        runs: those that it shows, which are counted beneath it; none where it shows all of the cells'.
    """

    caption: str
    cells: tuple[Cell, ...]
    metrics: frozenset[str] = frozenset()
    alt: str = ""
    notes: tuple[str, ...] = ()
    table: Table | None = None
    fields: frozenset[str] = frozenset()
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Context:
    """One exhibit of one study.

    Attributes:
        options: validated, of the class that the exhibit's declaration names.
        outcomes: what became of every run, in the plan's order.
        folder: where the files go, ``reports/<study>``.
    """

    plan: Plan
    entry: ExhibitEntry
    options: ExhibitOptions
    outcomes: Sequence[Outcome]
    folder: Path

    @cached_property
    def groups(self) -> list[Group]:
        """The values of the whole study, seeds brought together."""
        return groups(self.outcomes)

    def path(self, ending: str) -> Path:
        """Where the file with that ending goes."""
        return self.folder / f"{self.entry.name}{ending}"

    def cells(self, datasets: Sequence[str] = (), labels: Sequence[str] = ()) -> tuple[Cell, ...]:
        """The cells of the named datasets and row labels; all where nothing is named."""
        return tuple(
            cell
            for cell in self.plan.cells
            if (not datasets or cell.dataset.name in datasets) and (not labels or cell.label in labels)
        )

    def runs_at(self, places: Collection[tuple[str, str, int]]) -> tuple[Run, ...]:
        """The runs of these datasets, row labels and latent dimensions, in the plan's order."""
        return tuple(run for place, runs in self._runs.items() if place in places for run in runs)

    @cached_property
    def _runs(self) -> dict[tuple[str, str, int], list[Run]]:
        runs: dict[tuple[str, str, int], list[Run]] = {}
        for run in self.plan.listed:
            runs.setdefault((run.cell.dataset.name, run.cell.label, run.dim), []).append(run)
        return runs

    def metric(self, name: str) -> Metric:
        """A metric's declaration, as the study's cells hold it."""
        for cell in self.plan.cells:
            for requested in cell.metrics:
                if requested.metric.name == name:
                    return requested.metric
        return registry.metrics().get(name)

    def title(self, label: str) -> str:
        """A row label as printed: the method's title where the label is its name."""
        return titled(self.plan, label)

    def true_dim(self, dataset: str) -> int | None:
        """The true latent dimension of a dataset, where it is known."""
        return self.plan.datasets[dataset].true_dim


def refuse_undefined(groups: Sequence[Group]) -> None:
    """See that not each of these values is one that its metric refused.

    Raises:
        NothingToDraw: with the reasons, if each is.
    """
    if groups and all(group.refused for group in groups):
        reasons = by_reason(trouble for group in groups for trouble in group.troubles)
        sentences = " ".join(one.sentence for one in reasons)
        raise NothingToDraw(f"none of its values is defined. {sentences.rstrip('.')}")


def study_notes(cells: Iterable[Cell]) -> list[SharedReason]:
    """What the study notes about cells, each note once."""
    places: dict[str, dict[str, None]] = {}
    for cell in cells:
        if cell.note:
            places.setdefault(cell.note, {})[f"{cell.dataset.name} {cell.label}"] = None
    return [SharedReason(note, note.rstrip("."), tuple(where)) for note, where in places.items()]


def cells_of(runs: Iterable[Run]) -> tuple[Cell, ...]:
    """The cells of some runs, each once."""
    return tuple({id(run.cell): run.cell for run in runs}.values())


def titled(plan: Plan, label: str) -> str:
    """A row label as printed: the method's title where it is just its name; the label beside it where two agree."""
    titles = {
        name: cell.method.title or name
        for cell in plan.cells
        for name in (cell.label, cell.stem)
        if name == cell.method.name
    }
    title = titles.get(label, label)
    shared = [name for name in {*titles, *(cell.label for cell in plan.cells)} if titles.get(name, name) == title]
    return f"{title} ({label})" if title != label and len(shared) > 1 else title
