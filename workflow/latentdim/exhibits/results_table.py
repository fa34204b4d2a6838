"""The results table: a row for each dataset, method and dimension, with each metric's values over the seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from latentdim.exhibits.context import Context, Drawn, ExhibitRefused, cells_of, refuse_undefined, study_notes
from latentdim.exhibits.declared.numbers import ResultsOptions
from latentdim.exhibits.printed_protocol import printed_protocol
from latentdim.exhibits.table_files import write_table
from latentdim.outcomes.groups import Group, select
from latentdim.registry.declarations import Metric
from latentdim.tables.footnotes import Footnotes
from latentdim.tables.legend import legend
from latentdim.tables.model import Absence, Cell, Column, Head, Row, RowGroup, Table
from latentdim.tables.ranking import ranked
from latentdim.tables.values import Coordinates, Digits, Values

STUB = (Column("dataset", kind="text"), Column("method", kind="text"), Column("L"), Column("n"))
Place = tuple[str, str, int]  # dataset, row label, initial latent dimension


@dataclass(frozen=True)
class Asked:
    """One metric, on one choice of axes or on those of each cell's protocol.

    Attributes:
        axes: None for whichever each cell's protocol names.
        groups: those that stand beneath it.
    """

    metric: Metric
    axes: str | None
    digits: Digits
    groups: tuple[Group, ...]

    @property
    def has_floor(self) -> bool:
        """Whether it tells a floor, which stands beside each value."""
        return any(group.floor is not None for group in self.groups)

    def columns(self) -> Iterator[Column]:
        """Its own, with a word about axes where that has to be said, and its floor's."""
        axes = {group.axes for group in self.groups} - {""}
        only_all = axes <= {"all"} and not self.axes
        note = "" if only_all else f"{axes.pop()} axes" if len(axes) == 1 else "the protocol's axes"
        yield Column(self.metric.title, note, self.metric.better)
        if self.has_floor:
            yield Column("floor", kind="quiet")

    def cells(self, values: Values, place: Place, footnotes: Footnotes) -> Iterator[Cell]:
        """What stands beneath them at one place."""
        dataset, label, dim = place
        cell = values.cell(Coordinates(dataset, label, dim, self.metric.name, self.axes), self.digits, footnotes)
        yield cell
        if self.has_floor:
            floor = cell.facts.get("floor")
            yield Cell(instead=Absence.NO_FLOOR if floor is None else f"{floor:.{self.digits.decimals}f}")


def draw(context: Context) -> Drawn:
    """Write the table as Markdown, CSV and LaTeX."""
    options = context.options
    assert isinstance(options, ResultsOptions)
    asked, shown = _asked(context, options)
    refuse_undefined(shown)
    table = _table(context, asked, shown)
    metrics = frozenset(one.metric.name for one in asked)
    runs = context.runs_at({(group.dataset, group.label, group.dim) for group in shown})
    protocol = printed_protocol(cells_of(runs), metrics, runs=runs).lines()
    title, caption = context.entry.title or "Results", legend(table)
    write_table(context, table, title=title, caption=caption, protocol=protocol)
    return Drawn(caption, cells_of(runs), metrics, table=table, runs=runs)


def results_table(context: Context, options: ResultsOptions) -> Table:
    """The table's contents, the same for all its formats.

    Raises:
        ExhibitRefused: if no run of the grid fits the options.
    """
    return _table(context, *_asked(context, options))


def _asked(context: Context, options: ResultsOptions) -> tuple[list[Asked], list[Group]]:
    """What stands in the columns, and all values beneath them."""
    found = select(context.groups, datasets=options.datasets, labels=options.labels, dims=options.dims)
    asked = []
    for name, axes in _keys(found, options):
        groups = select(found, metric=name, axes=axes)
        decimals = options.decimals.get(name)
        numbers = [value for group in groups for value in group.values]
        digits = Digits.fitting(numbers) if decimals is None else Digits(decimals)
        asked.append(Asked(context.metric(name), axes, digits, tuple(groups)))
    shown = [group for one in asked for group in one.groups]
    if not shown:
        raise ExhibitRefused("no run of the grid has these datasets, labels, dimensions and metrics")
    return asked, shown


def _keys(found: Sequence[Group], options: ResultsOptions) -> Iterator[tuple[str, str | None]]:
    """Metric and axes of the columns asked for, else of all values.

    A metric has one column, in which every cell stands with the axes of its own protocol. Only where one cell has it
    on several choices of axes does each choice get its own.
    """
    asked = [(item.name, item.axes) for item in options.metrics or ()]
    for name, axes in asked or [(name, None) for name in dict.fromkeys(group.metric for group in found)]:
        cells = Counter((group.dataset, group.label, group.dim) for group in found if group.metric == name)
        if axes is None and max(cells.values(), default=0) > 1:
            yield from ((name, each) for each in dict.fromkeys(g.axes for g in found if g.metric == name))
        elif cells:
            yield name, axes


def _table(context: Context, asked: Sequence[Asked], shown: Sequence[Group]) -> Table:
    places = _places(context, shown)
    by_place = sorted(shown, key=lambda group: places.index((group.dataset, group.label, group.dim)))
    noted = study_notes(cells_of(context.runs_at(set(places))))
    footnotes = Footnotes.of(noted, (trouble for group in by_place for trouble in group.troubles))
    values = Values(context.plan, tuple(context.groups))
    groups = (
        RowGroup(dataset, tuple(_row(context, values, place, asked, footnotes) for place in those))
        for dataset, those in groupby(places, key=lambda place: place[0])
    )
    columns = tuple(column for one in asked for column in one.columns())
    return ranked(Table(STUB, columns, tuple(groups), footnotes=footnotes.listed()))


def _places(context: Context, shown: Sequence[Group]) -> list[Place]:
    """The rows: datasets and labels as the study has them, controls last, dimensions rising."""
    datasets = list(context.plan.datasets)
    labels = list(dict.fromkeys(cell.label for cell in context.plan.cells))
    controls = {cell.label: cell.method.control for cell in context.plan.cells}

    def order(place: Place) -> tuple[int, bool, int, int]:
        dataset, label, dim = place
        return datasets.index(dataset), controls[label], labels.index(label), dim

    return sorted({(group.dataset, group.label, group.dim) for group in shown}, key=order)


def _row(context: Context, values: Values, place: Place, asked: Sequence[Asked], footnotes: Footnotes) -> Row:
    dataset, label, dim = place
    planned = cells_of(context.runs_at({place}))
    cells = tuple(cell for one in asked for cell in one.cells(values, place, footnotes))
    runs = [group for one in asked for group in one.groups if (group.dataset, group.label, group.dim) == place]
    n, of = max(group.spread.n for group in runs), max(group.planned for group in runs)
    notes = footnotes.marks(notes=(cell.note for cell in planned if cell.note))
    heads = (
        Head(context.title(label), notes),
        Head(str(dim), starred=dim == context.true_dim(dataset)),
        Head(str(n) if n == of else f"{n} of {of}"),
    )
    return Row(heads, cells, control=runs[0].control)
