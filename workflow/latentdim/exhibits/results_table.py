"""The results table: a row for each dataset, method and dimension, with each metric's values over the seeds."""

from __future__ import annotations

import math
import string
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from latentdim.exhibits import results_formats as formats
from latentdim.exhibits.context import Context, Drawn, ExhibitRefused, RenderedTable
from latentdim.exhibits.declared.numbers import ResultsOptions
from latentdim.exhibits.printed_protocol import printed_protocol
from latentdim.exhibits.results_model import FEWEST_SEEDS, Column, Entry, Footnote, Key, ResultsTable, Row
from latentdim.outcomes.comparison import leaders
from latentdim.outcomes.groups import Group, select
from latentdim.outcomes.troubles import SharedReason, alike, by_reason
from latentdim.system.files import write_text

SIGNIFICANT = 3


def draw(context: Context) -> Drawn:
    """Write the table as Markdown, CSV and LaTeX."""
    options = context.options
    assert isinstance(options, ResultsOptions)
    table = results_table(context, options)
    metrics = frozenset(column.metric.name for column in table.columns)
    labels = dict.fromkeys(row.label for row in table.rows)
    cells = context.cells(list(dict.fromkeys(row.dataset for row in table.rows)), list(labels))
    protocol = printed_protocol(cells, metrics).lines()
    title, caption = context.entry.title or "Results", _caption(table)
    markdown = formats.markdown(table)
    beneath = "\n".join(f"- {line}" for line in protocol)
    write_text(context.path(".md"), f"# {title}\n\n{markdown}\n\n{caption}\n\nProtocol:\n\n{beneath}\n")
    write_text(context.path(".csv"), formats.csv_text(table))
    latex = formats.latex(table, caption=f"{title}. {caption}", label=context.entry.name, protocol=protocol)
    write_text(context.path(".tex"), latex)
    return Drawn(caption, cells, metrics, table=RenderedTable(formats.html(table), markdown))


def results_table(context: Context, options: ResultsOptions) -> ResultsTable:
    """The table's contents, the same for all its formats.

    Raises:
        ExhibitRefused: if no run of the grid fits the options.
    """
    found = select(context.groups, datasets=options.datasets, labels=options.labels, dims=options.dims)
    keys = list(_keys(found, options))
    columns = tuple(_column(context, key, [group for group in found if fits(group, key)], options) for key in keys)
    shown = [group for group in found if any(fits(group, key) for key in keys)]
    if not shown:
        raise ExhibitRefused("no run of the grid has these datasets, labels, dimensions and metrics")
    cells = [list(cell) for cell in _cells_in_order(context, shown)]
    footnotes = list(_footnotes(context, [group for cell in cells for group in cell]))
    marks = {note.reason.kind: note.mark for note in footnotes}
    best = {id(group) for column in columns for group in _best(shown, column)}
    lines = [_row(context, cell, columns, best, marks) for cell in cells]
    return ResultsTable(columns, tuple(lines), tuple(footnotes))


def fits(group: Group, key: Key) -> bool:
    """Whether a group belongs to a column."""
    return group.metric == key[0] and key[1] in (None, group.axes)


def _keys(found: Sequence[Group], options: ResultsOptions) -> Iterator[Key]:
    """The columns asked for, else those of the long table.

    A metric has one column, in which every cell stands with the axes of its own protocol. Only where one cell has it
    on several choices of axes does each choice get its own.
    """
    present = list(dict.fromkeys(group.metric for group in found))
    asked = [(item.name, item.axes) for item in options.metrics or ()] or [(name, None) for name in present]
    for name, axes in asked:
        cells = Counter((group.dataset, group.label, group.dim) for group in found if group.metric == name)
        if axes is None and max(cells.values(), default=0) > 1:
            yield from ((name, each) for each in dict.fromkeys(g.axes for g in found if g.metric == name))
        elif cells:
            yield name, axes


def _column(context: Context, key: Key, shown: Sequence[Group], options: ResultsOptions) -> Column:
    decimals = options.decimals.get(key[0])
    values = [value for group in shown for value in group.values]
    axes = {group.axes for group in shown} - {""}
    note = "" if axes <= {"all"} and not key[1] else f"{axes.pop()} axes" if len(axes) == 1 else "the protocol's axes"
    return Column(
        context.metric(key[0]), key[1], note, automatic_decimals(values) if decimals is None else decimals,
        whole=decimals is None and all(value == int(value) for value in values),
        has_floor=any(group.floor is not None for group in shown),
    )  # fmt: skip


def automatic_decimals(values: Iterable[float]) -> int:
    """Digits after the point: one for counts, else three significant digits at the median size."""
    found = sorted(abs(value) for value in values if value != 0)
    if not found or all(value == int(value) for value in found):
        return 1
    return min(max(SIGNIFICANT - 1 - math.floor(math.log10(found[len(found) // 2])), 0), 6)


def _cells_in_order(context: Context, shown: Sequence[Group]) -> Iterator[Iterator[Group]]:
    """Groups row by row: datasets and labels as the study has them, controls last, dimensions rising."""
    datasets = list(context.plan.datasets)
    labels = list(dict.fromkeys(cell.label for cell in context.plan.cells))

    def place(group: Group) -> tuple[int, bool, int, int]:
        return datasets.index(group.dataset), group.control, labels.index(group.label), group.dim

    for _, cell in groupby(sorted(shown, key=place), key=place):
        yield cell


def _row(
    context: Context, cell: Sequence[Group], columns: Sequence[Column], best: set[int], marks: Mapping[str, str]
) -> Row:
    first = cell[0]
    planned = context.cells([first.dataset], [first.label])
    undefined = {metric.name for one in planned for metric in one.undefined}
    entries = []
    for column in columns:
        group = next((group for group in cell if fits(group, column.key)), None)
        noted = () if group is None else tuple(dict.fromkeys(marks[alike(trouble)] for trouble in group.troubles))
        entries.append(Entry(group, id(group) in best, noted, column.metric.name in undefined))
    return Row(
        dataset=first.dataset,
        label=first.label,
        title=context.title(first.label),
        method=first.method,
        dim=first.dim,
        true_dim=context.true_dim(first.dataset),
        control=first.control,
        n=max(group.spread.n for group in cell),
        planned=max(group.planned for group in cell),
        entries=tuple(entries),
        marks=tuple(dict.fromkeys(marks[one.note] for one in planned if one.note)),
    )


def _best(shown: Sequence[Group], column: Column) -> Iterator[Group]:
    """The group with the best value of its dataset in a column, where that is clear.

    A description has no best, and neither has a dataset in which fewer than two rows, controls apart, have a value, in
    which the next best can't be told apart from it, or where the best is at the metric's floor.
    """
    if column.metric.better is None:
        return
    contests: dict[str, list[Group]] = {}
    for group in shown:
        if not group.control and group.values and fits(group, column.key):
            contests.setdefault(group.dataset, []).append(group)
    for rivals in contests.values():
        fit = {index: group.estimate for index, group in enumerate(rivals) if group.may_win}
        first = leaders(fit, column.metric.better)
        if len(rivals) > 1 and len(first) == 1 and not rivals[first[0]].at_floor:
            yield rivals[first[0]]


def _footnotes(context: Context, shown: Sequence[Group]) -> Iterator[Footnote]:
    """One footnote for each status and reason, and for each note of the study about rows shown."""
    rows = {(group.dataset, group.label) for group in shown}
    places: dict[str, dict[str, None]] = {}
    for cell in context.plan.cells:
        if cell.note and (cell.dataset.name, cell.label) in rows:
            places.setdefault(cell.note, {})[f"{cell.dataset.name} {cell.label}"] = None
    notes = [SharedReason(note, note.rstrip("."), tuple(where)) for note, where in places.items()]
    troubles = {trouble: None for group in shown for trouble in group.troubles}
    for index, reason in enumerate([*notes, *by_reason(troubles)]):
        yield Footnote(_letters(index), reason)


def _letters(index: int) -> str:
    """a … z, aa, ab …"""
    letters = string.ascii_lowercase
    return letters[index] if index < 26 else _letters(index // 26 - 1) + letters[index % 26]


def _caption(table: ResultsTable) -> str:
    """How to read what stands in the table, and only that."""
    entries = [entry for row in table.rows for entry in row.entries]
    counts = {len(entry.group.values) for entry in entries if entry.group}
    floors = [column.title for column in table.columns if column.has_floor]
    parts = {
        "Of one or two seeds the values themselves.": bool(counts & {1, 2}),
        "Mean ± population standard deviation over n seeds, or a single run's own spread where that is larger.": (
            max(counts, default=0) >= FEWEST_SEEDS
        ),
        "Bold: best of its dataset and column, by more than its spread and the next best's together; "
        "of a single run only its own estimate's spread is known.": any(entry.best for entry in entries),
        "↓ lower is better, ↑ higher is better.": any(column.arrow for column in table.columns),
        "Floor: what the metric gives where there is nothing to find, at the same counts; a value at it has a footnote "
        "and is never bold.": bool(floors),
        "Controls, in italics, are reference points and never bold.": any(row.control for row in table.rows),
        "An L that is underlined is the true dimension.": any(row.at_true_dim for row in table.rows),
        "A dash: not asked for in this row.": any(entry.group is None and not entry.undefined for entry in entries),
        "Not defined: the metric has no meaning there, as a footnote says, or the data can't have it.": any(
            entry.undefined or (entry.group is not None and entry.group.refused) for entry in entries
        ),
        "Struck through: stale, from earlier data or code.": any(entry.struck for entry in entries),
    }
    return " ".join(text for text, holds in parts.items() if holds)
