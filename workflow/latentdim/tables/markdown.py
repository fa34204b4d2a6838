"""A table as Markdown: a pipe table and its footnotes.

The pipe table is written here: tabulate's escapes no pipe, and fills every cell up to the width of its column, so that
the longest comparison with a paper widens every line, and one value that changes may change them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from latentdim.tables.model import Cell, Head, Line, Row, Table

EMPHASIS = {"best": "**{}**", "second": "<ins>{}</ins>", "stale": "~~{}~~", "": "{}"}
UNESCAPED_PIPE = re.compile(r"(?<!\\)\|")
SPECIAL = re.compile(r"[\\`*_|<>~$#\[\]]|&(?=#?\w+;)")
OPENING = re.compile(r"^(?:(\d+)(?=[.)](?:\s|$))|(?=[-+](?:[-\s]|$)))")  # of a list's item or of a rule


def markdown(table: Table) -> str:
    """The whole table. Of spanning headings each column carries its own, since pipe tables have no spans."""
    above = [[span.text for span in spans for _ in range(span.columns)] for spans in table.spans]
    headings = [plain(column.heading) for column in table.stub]
    for index, column in enumerate(table.columns):
        headings.append(plain(" / ".join(filter(None, [*(texts[index] for texts in above), column.heading]))))
    rows = [list(_row(group.heading, row, table.grouped)) for group in table.groups for row in group.rows]
    kinds = [column.kind for column in (*table.stub, *table.columns)]
    notes = [f"<sup>{note.mark}</sup> {plain(note.text)}" for note in table.footnotes]
    return "\n\n".join([pipe_table(headings, rows, kinds), *notes])


def pipe_table(headings: Sequence[str], rows: Sequence[Sequence[str]], kinds: Sequence[str] = ()) -> str:
    """A pipe table of texts that are Markdown already; pipes in them are escaped.

    Args:
        kinds: of the columns, as :attr:`Column.kind`; all hold text where none are named.
    """
    rules = ["---" if kind == "text" else "---:" for kind in kinds or ["text"] * len(headings)]
    lines = ([UNESCAPED_PIPE.sub(r"\|", text) for text in line] for line in (headings, rules, *rows))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain(text: str) -> str:
    """Text that Markdown takes literally, on one line: what a study, its data or an error says goes through here."""
    line = re.sub(r"\s*\n\s*", " ", text.strip())
    return OPENING.sub(r"\1\\", SPECIAL.sub(r"\\\g<0>", line))


def _row(group: str, row: Row, grouped: bool) -> Iterator[str]:
    if grouped:
        yield plain(group)
    for index, head in enumerate(row.heads):
        yield _head(head, italic=row.control and index == 0)
    yield from map(_cell, row.cells)


def _head(head: Head, *, italic: bool) -> str:
    text = f"*{plain(head.text)}*" if italic else plain(head.text)
    star = plain("*") if head.starred else ""
    return f"{text}{star}{_marks(head.marks)}"


def _cell(cell: Cell) -> str:
    text = EMPHASIS[cell.emphasis].format(plain(cell.text))
    compared = "".join(f"<br><sub>{_compared(line)}</sub>" for line in cell.compared)
    return f"{text}{_marks(cell.marks)}{compared}"


def _compared(line: Line) -> str:
    return (
        plain(line.lead) + (" " if line.lead.endswith(" ") else "") + EMPHASIS[line.rank or ""].format(plain(line.text))
    )


def _marks(marks: Sequence[str]) -> str:
    return f" <sup>{' '.join(marks)}</sup>" if marks else ""
