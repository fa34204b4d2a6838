"""The results table as Markdown, HTML, CSV and LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from itertools import groupby

from latentdim.exhibits.results_model import Column, Entry, ResultsTable, Row
from latentdim.outcomes.troubles import worded

CSV_COLUMNS = (
    "dataset", "label", "method", "control", "dim", "true_dim", "metric", "axes", "mean", "std", "n", "own_spread",
    "floor", "at_floor", "runs", "best", "status", "reason", "note",
)  # fmt: skip

LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "±": r"$\pm$", "↓": r"$\downarrow$", "↑": r"$\uparrow$", "−": r"$-$", "×": r"$\times$", "·": r"$\cdot$",
    "≥": r"$\geq$", "≤": r"$\leq$", "→": r"$\rightarrow$", "²": r"$^2$", "α": r"$\alpha$", "β": r"$\beta$",
    "γ": r"$\gamma$", "θ": r"$\theta$", "λ": r"$\lambda$", "σ": r"$\sigma$", "–": "--", "…": r"\dots{}",
}  # fmt: skip


def markdown(table: ResultsTable) -> str:
    """A pipe table and its footnotes."""
    headings = ["dataset", "method", "L", "n", *_headings(table)]
    lines = [_pipes(headings), _pipes(["---", "---", *("---:" for _ in headings[2:])])]
    for row in table.rows:
        title = f"*{_plain(row.title)}*" if row.control else _plain(row.title)
        title += f" <sup>{' '.join(row.marks)}</sup>" if row.marks else ""
        dim = f"<ins>{row.dim}</ins>" if row.at_true_dim else str(row.dim)
        numbers = _with_floors(row, table.columns, _markdown_entry)
        lines.append(_pipes([_plain(row.dataset), title, dim, row.count, *numbers]))
    notes = [f"<sup>{note.mark}</sup> {_plain(note.reason.sentence)}" for note in table.footnotes]
    return "\n".join(lines) + "".join(f"\n\n{note}" for note in notes)


def _headings(table: ResultsTable) -> Iterator[str]:
    """Each metric with its arrow, followed by its floor where it has one."""
    for column in table.columns:
        yield f"{column.title} {column.arrow}".strip()
        if column.has_floor:
            yield "floor"


def _with_floors(row: Row, columns: Sequence[Column], format_entry: Callable[[Entry, Column], str]) -> Iterator[str]:
    """Each entry in a format, followed by its floor where its metric has one."""
    for entry, column in zip(row.entries, columns, strict=True):
        yield format_entry(entry, column)
        if column.has_floor:
            yield entry.floor_text(column)


def _pipes(values: Iterable[str]) -> str:
    return f"| {' | '.join(values)} |"


def _plain(text: str) -> str:
    """Text that Markdown takes literally."""
    for character in "\\`*_|<>~$":
        text = text.replace(character, f"\\{character}")
    return text


def _markdown_entry(entry: Entry, column: Column) -> str:
    text = _plain(entry.text(column))
    text = f"**{text}**" if entry.best else f"~~{text}~~" if entry.struck else text
    return f"{text} <sup>{' '.join(entry.marks)}</sup>" if entry.marks else text


def html(table: ResultsTable) -> str:
    """A table element with row groups by dataset, and a list of footnotes."""
    rooms = _room(table)
    headings = "".join(map(_html_heading, table.columns, rooms))
    bodies = "".join(_html_body(dataset, list(rows), table.columns, rooms) for dataset, rows in _by_dataset(table.rows))
    notes = "".join(f"<li><sup>{note.mark}</sup> {escape(note.reason.sentence)}</li>" for note in table.footnotes)
    first = '<th scope="col">dataset</th><th scope="col">method</th><th scope="col" class="number">L</th>'
    head = f'<thead><tr>{first}<th scope="col" class="number">n</th>{headings}</tr></thead>'
    listed = f'<ul class="footnotes">{notes}</ul>' if notes else ""
    return f'<div class="scroll" tabindex="0"><table class="results">{head}{bodies}</table></div>{listed}'


def _room(table: ResultsTable) -> list[str]:
    """For each column the room that its longest footnote marks need, since they stand outside of the aligned digits."""
    longest = (max(len(" ".join(row.entries[i].marks)) for row in table.rows) for i in range(len(table.columns)))
    return [f' style="--marks: {length}"' if length else "" for length in longest]


def _html_heading(column: Column, room: str) -> str:
    arrow = f" <span class=arrow title={column.metric.better}>{column.arrow}</span>" if column.arrow else ""
    note = f"<small>{escape(column.note)}</small>" if column.note else ""
    floor = '<th scope="col" class="number floor">floor</th>' if column.has_floor else ""
    return f'<th scope="col" class="number"{room}>{escape(column.metric.title)}{arrow}{note}</th>{floor}'


def _by_dataset(rows: Sequence[Row]) -> Iterable[tuple[str, Iterable[Row]]]:
    return groupby(rows, key=lambda row: row.dataset)


def _html_body(dataset: str, rows: list[Row], columns: Sequence[Column], rooms: Sequence[str]) -> str:
    lines = []
    for index, row in enumerate(rows):
        name = f'<th scope="rowgroup" rowspan="{len(rows)}">{escape(dataset)}</th>' if index == 0 else ""
        repeated = index > 0 and rows[index - 1].label == row.label
        new = "" if repeated or index == 0 else ' class="new"'
        title = escape(row.title)
        method = f"<em>{title}</em>" if row.control else f'<span class="again">{title}</span>' if repeated else title
        method += f"<sup>{' '.join(row.marks)}</sup>" if row.marks and not repeated else ""
        dim = f"<mark title='the true dimension'>{row.dim}</mark>" if row.at_true_dim else str(row.dim)
        cells = "".join(map(_html_entry, row.entries, columns, rooms))
        fixed = f'<td class="number">{dim}</td><td class="number">{row.count}</td>'
        lines.append(f'<tr{new}>{name}<th scope="row">{method}</th>{fixed}{cells}</tr>')
    return f"<tbody>{''.join(lines)}</tbody>"


def _html_entry(entry: Entry, column: Column, room: str) -> str:
    text = escape(entry.text(column))
    empty = entry.group is None or entry.group.spread.n == 0
    if entry.best:
        text = f"<strong>{text}</strong>"
    elif entry.struck:
        text = f"<s>{text}</s>"
    elif entry.group is not None and empty and not entry.group.refused:
        text = f'<span class="status {entry.group.worst}">{text}</span>'
    marks = f"<sup>{' '.join(entry.marks)}</sup>" if entry.marks else ""
    floor = f'<td class="number floor">{entry.floor_text(column)}</td>' if column.has_floor else ""
    return f'<td class="number{" empty" if empty else ""}"{room}>{text}{marks}</td>{floor}'


def csv_text(table: ResultsTable) -> str:
    """One line for each row and metric, every digit kept."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in table.rows:
        for entry, column in zip(row.entries, table.columns, strict=True):
            if entry.group is None:
                continue
            group, over_seeds = entry.group, entry.group.spread
            reasons = dict.fromkeys(worded(trouble) for trouble in group.troubles)
            notes = (note.reason.text for note in table.footnotes if note.mark in row.marks)
            writer.writerow(
                [
                    row.dataset, row.label, row.method, row.control, row.dim, row.true_dim, column.metric.name,
                    group.axes, over_seeds.mean, over_seeds.std, over_seeds.n, group.own_spread, group.floor,
                    group.at_floor, group.planned, entry.best, group.worst, "; ".join(reasons), "; ".join(notes),
                ]
            )  # fmt: skip
    return out.getvalue()


def latex(table: ResultsTable, *, caption: str, label: str, protocol: Sequence[str]) -> str:
    """A booktabs table; footnotes and protocol stand beneath it."""
    headings = [tex(heading) for heading in _headings(table)]
    body: list[str] = []
    for dataset, rows in _by_dataset(table.rows):
        body.append(r"\midrule")
        for index, row in enumerate(rows):
            title = rf"\textit{{{tex(row.title)}}}" if row.control else tex(row.title)
            title += rf"\textsuperscript{{{','.join(row.marks)}}}" if row.marks else ""
            dim = rf"\underline{{{row.dim}}}" if row.at_true_dim else str(row.dim)
            numbers = _with_floors(row, table.columns, _latex_entry)
            cells = [tex(dataset) if index == 0 else "", title, dim, row.count, *numbers]
            body.append(" & ".join(cells) + r" \\")
    notes = [rf"\textsuperscript{{{note.mark}}}~{tex(note.reason.sentence)}" for note in table.footnotes]
    return "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering\small",
            rf"\caption{{{tex(caption)}}}",
            rf"\label{{tab:{label.replace('_', '-')}}}",
            rf"\begin{{tabular}}{{llr r {'r' * len(headings)}}}",
            r"\toprule",
            " & ".join(["dataset", "method", "$L$", "$n$", *headings]) + r" \\",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            *(rf"\par\smallskip{{\footnotesize\raggedright {line}\par}}" for line in [*notes, *map(tex, protocol)]),
            r"\end{table}",
            "",
        ]
    )


def tex(text: str) -> str:
    """Text with everything escaped that LaTeX would take for a command."""
    return "".join(LATEX.get(character, character) for character in text)


def _latex_entry(entry: Entry, column: Column) -> str:
    text = tex(entry.text(column))
    if entry.best:
        text = rf"\textbf{{{text}}}"
    elif entry.struck:
        text = rf"\textit{{{text}}}"
    return text + (rf"\textsuperscript{{{','.join(entry.marks)}}}" if entry.marks else "")
