"""A table as data, before it takes a format: header rows, row groups, cells with what they say, footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from latentdim.records.status import Status

ARROWS = {"lower": "↓", "higher": "↑", None: ""}


class Rank(StrEnum):
    """What a value is among the rows of its group, where that is clear."""

    BEST = "best"
    SECOND = "second"


class TableBroken(ValueError):
    """The parts of a table don't fit together, which is a bug of whatever filled it."""


@dataclass(frozen=True)
class Value:
    """A number as it was worked out or as a paper prints it.

    Attributes:
        text: in print.
        spread: how far it would move if it were had again; None where that isn't known.
        n: runs behind it; 0 where that isn't known.
        sound: fit to be called the best.
        at_floor: it can't be told from what its metric gives where there is nothing to find.
        stale: from earlier data or code.
    """

    mean: float
    text: str
    spread: float | None = None
    n: int = 0
    sound: bool = True
    at_floor: bool = False
    stale: bool = False


class Absence(StrEnum):
    """Why a cell has no value of ours, where that is nobody's failure; NO_FLOOR stands in a floor's column alone."""

    NOT_ASKED = "–"
    NOT_DEFINED = "not defined"
    NOT_MEASURABLE = "not measurable"
    NO_FLOOR = "none"


@dataclass(frozen=True)
class Line:
    """A line beneath our value.

    Attributes:
        lead: what stands before the text, never set apart.
        rank: what sets the text apart.
    """

    text: str
    lead: str = ""
    rank: Rank | None = None

    def __str__(self) -> str:
        return self.lead + self.text


@dataclass(frozen=True)
class Cell:
    """One place of the table.

    Attributes:
        ours: what was measured here.
        instead: what stands where there is none: a word of :class:`Absence`, a run's status, or a text of its own.
        theirs: what a paper prints.
        theirs_instead: the word that it prints in place of a number, or ``lost``.
        their_rank: what theirs is among its own, by the printed numbers.
        verdict: how the two compare, in words.
        rank: set by :func:`latentdim.tables.ranking.ranked`, or by whoever knows its rivals.
        marks: of its footnotes.
        detail: what a reader sees who points at it.
        facts: all that is known of it, for the CSV file, which has no line for a cell without any.
    """

    ours: Value | None = None
    instead: Absence | Status | str = ""
    theirs: Value | None = None
    theirs_instead: str = ""
    their_rank: Rank | None = None
    verdict: str = ""
    rank: Rank | None = None
    marks: tuple[str, ...] = ()
    detail: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Our value, or what stands instead."""
        return self.ours.text if self.ours else str(self.instead).replace("_", " ")

    @property
    def emphasis(self) -> Literal["best", "second", "stale", ""]:
        """What sets its value apart from the others."""
        if self.rank is not None:
            return self.rank.value
        return "stale" if self.ours and self.ours.stale else ""

    @property
    def status(self) -> Status | None:
        """That of the runs which left it without a value."""
        return self.instead if self.ours is None and isinstance(self.instead, Status) else None

    @property
    def difference(self) -> float | None:
        """Ours less theirs; None where one of them isn't there."""
        return self.ours.mean - self.theirs.mean if self.ours and self.theirs else None

    @property
    def compared(self) -> tuple[Line, ...]:
        """Lines beneath ours: theirs, then the difference in its digits with the verdict; empty without a paper.

        For example ``paper 28.78 ± 0.48`` and ``+0.02: reproduced``; ``paper: lost`` where it has no number.
        """
        theirs = Line(self.theirs_instead, "paper: ")
        difference = ""
        if self.theirs:
            theirs = Line(self.theirs.text, "paper ", self.their_rank)
            digits = re.match(r"\D*[\d,]*\.?(\d*)", self.theirs.text)
            if self.difference is not None:
                difference = f"{self.difference:+,.{len(digits[1]) if digits else 0}f}".replace("-", "−")
        judged = Line(": ".join(filter(None, (difference, self.verdict if self.verdict != self.text else ""))))
        return tuple(line for line in (theirs, judged) if line.text)


@dataclass(frozen=True)
class Column:
    """What a column holds.

    Attributes:
        note: smaller, beneath the title.
        better: which direction wins; None where there is nothing to win.
        kind: numbers stand to the right, a quiet column's in a muted colour.
    """

    title: str
    note: str = ""
    better: Literal["lower", "higher"] | None = None
    kind: Literal["number", "quiet", "text"] = "number"

    @property
    def arrow(self) -> str:
        """Which direction wins, as a sign."""
        return ARROWS[self.better]

    @property
    def heading(self) -> str:
        """All of it on one line."""
        note = f" ({self.note})" if self.note else ""
        return f"{self.title}{note} {self.arrow}".strip()


@dataclass(frozen=True)
class Span:
    """A heading over several columns."""

    text: str
    columns: int


@dataclass(frozen=True)
class Head:
    """What names a row, in one of the columns before the cells.

    Attributes:
        starred: it has a star, which the caption explains.
    """

    text: str
    marks: tuple[str, ...] = ()
    starred: bool = False


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        control: a point of reference, which takes no part in any comparison.
    """

    heads: tuple[Head, ...]
    cells: tuple[Cell, ...]
    control: bool = False


@dataclass(frozen=True)
class RowGroup:
    """Rows that belong together and are compared with each other."""

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Footnote:
    """What a mark stands for."""

    mark: str
    text: str


@dataclass(frozen=True)
class Table:
    """The whole table.

    Attributes:
        stub: columns of the rows' heads; the first one is the groups', where they have headings.
        spans: rows of the header above the columns' own titles; each spans all columns.

    Raises:
        TableBroken: if a row, a span or a mark doesn't fit the rest, or a cell says nothing.
    """

    stub: tuple[Column, ...]
    columns: tuple[Column, ...]
    groups: tuple[RowGroup, ...]
    spans: tuple[tuple[Span, ...], ...] = ()
    footnotes: tuple[Footnote, ...] = ()

    def __post_init__(self) -> None:
        heads = len(self.stub) - self.grouped
        for row in self.rows:
            if (len(row.heads), len(row.cells)) != (heads, len(self.columns)):
                raise TableBroken(f"row {[head.text for head in row.heads]} doesn't fill the table's columns")
            if any(not (cell.text or cell.compared) for cell in row.cells):
                raise TableBroken(f"row {[head.text for head in row.heads]} has a cell that says nothing")
        if any(sum(span.columns for span in spans) != len(self.columns) for spans in self.spans):
            raise TableBroken("the headings above the columns don't span all of them")
        used = {mark for row in self.rows for head in row.heads for mark in head.marks}
        used |= {mark for row in self.rows for cell in row.cells for mark in cell.marks}
        if used != {note.mark for note in self.footnotes}:
            raise TableBroken(f"marks and footnotes differ: {sorted(used ^ {note.mark for note in self.footnotes})}")

    @property
    def grouped(self) -> bool:
        """Its groups have headings."""
        return any(group.heading for group in self.groups)

    @property
    def rows(self) -> Iterator[Row]:
        """All rows, group by group."""
        return (row for group in self.groups for row in group.rows)
