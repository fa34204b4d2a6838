"""The results table: a row for each dataset, method and dimension; mean ± deviation over seeds for each metric."""

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
from latentdim.exhibits.results_model import Column, Entry, Footnote, Key, ResultsTable, Row
from latentdim.outcomes.groups import Group, by_reason, groups, select, worded
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
    found = groups(select(context.table, datasets=options.datasets, labels=options.labels, dims=options.dims))
    keys = list(_keys(found, options))
    columns = tuple(_column(context, key, [group for group in found if fits(group, key)], options) for key in keys)
    shown = [group for group in found if any(fits(group, key) for key in keys)]
    if not shown:
        raise ExhibitRefused("no run of the grid has these datasets, labels, dimensions and metrics")
    cells = [list(cell) for cell in _cells_in_order(context, shown)]
    footnotes = list(_footnotes([group for cell in cells for group in cell]))
    marks = {note.text: note.mark for note in footnotes}
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
    return Column(context.metric(key[0]), key[1], note, automatic_decimals(values) if decimals is None else decimals)


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
    entries = []
    for column in columns:
        group = next((group for group in cell if fits(group, column.key)), None)
        noted = () if group is None else tuple(dict.fromkeys(marks[worded(trouble)] for trouble in group.troubles))
        entries.append(Entry(group, id(group) in best, noted))
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
    )


def _best(shown: Sequence[Group], column: Column) -> Iterator[Group]:
    """The groups with the best mean of their dataset in a column, ties included.

    A description has no best, and neither has a dataset in which fewer than two rows, controls apart, have a value.
    """
    if column.metric.better is None:
        return
    contests: dict[str, list[Group]] = {}
    for group in shown:
        if not group.control and group.values and fits(group, column.key):
            contests.setdefault(group.dataset, []).append(group)
    choose = min if column.metric.better == "lower" else max
    for rivals in contests.values():
        fit = [group for group in rivals if group.may_win] if len(rivals) > 1 else []
        top = choose((group.spread.mean for group in fit if group.spread.mean is not None), default=None)
        yield from (group for group in fit if group.spread.mean == top)


def _footnotes(shown: Sequence[Group]) -> Iterator[Footnote]:
    """One footnote for each status and reason."""
    troubles = {trouble: None for group in shown for trouble in group.troubles}
    for index, (text, where) in enumerate(by_reason(troubles).items()):
        yield Footnote(_letters(index), text, tuple(where))


def _letters(index: int) -> str:
    """a … z, aa, ab …"""
    letters = string.ascii_lowercase
    return letters[index] if index < 26 else _letters(index // 26 - 1) + letters[index % 26]


def _caption(table: ResultsTable) -> str:
    parts = ["Mean ± population standard deviation over n seeds (no deviation where n is 1)."]
    if any(entry.best for row in table.rows for entry in row.entries):
        parts.append("Bold: best of its dataset and column, where at least two rows compete.")
        parts.append("↓ lower is better, ↑ higher is better.")
    if any(row.control for row in table.rows):
        parts.append("Controls, in italics, are reference points and never bold.")
    if any(entry.group is None for row in table.rows for entry in row.entries):
        parts.append("A dash: not asked for in this cell.")
    if any(entry.struck for row in table.rows for entry in row.entries):
        parts.append("Struck through: stale, from earlier data or code.")
    return " ".join(parts)
