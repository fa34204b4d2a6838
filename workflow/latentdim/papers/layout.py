"""The shape of a printed table, from the places of its numbers alone; and which of them are rivals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from latentdim.papers.reference import PrintedNumber
from latentdim.tables.model import Span

Place = tuple[str, str]  # a row with its group, or a column with its own


@dataclass(frozen=True)
class Layout:
    """One table.

    Attributes:
        numbers: in the paper's order.
    """

    numbers: tuple[PrintedNumber, ...]

    @classmethod
    def of(cls, printed: Iterable[PrintedNumber], table: str) -> Layout:
        """The numbers of one table."""
        return cls(tuple(row for row in printed if row.table == table))

    @cached_property
    def rows(self) -> list[Place]:
        """Row groups in the order in which they first appear, and their rows likewise."""
        return _grouped((number.row_group, number.row) for number in self.numbers)

    @cached_property
    def columns(self) -> list[Place]:
        """Column groups and their columns, likewise."""
        return _grouped((number.column_group, number.column) for number in self.numbers)

    @cached_property
    def cells(self) -> dict[tuple[Place, Place], PrintedNumber]:
        """Each number by its row and column."""
        return {(row_of(number), column_of(number)): number for number in self.numbers}

    @property
    def spans(self) -> tuple[tuple[Span, ...], ...]:
        """The headings over several columns; none where no column has a group."""
        groups = [group for group, _ in self.columns]
        names = dict.fromkeys(groups)
        return (tuple(Span(name, groups.count(name)) for name in names),) if any(names) else ()

    def rivals(self) -> Iterator[list[PrintedNumber]]:
        """Numbers of which one may be the best: of one dataset and metric, for several row labels.

        They stand in one column where the table has several labels in a column, else in one row.
        """
        down = list(_contests(self.numbers, by_row=False))
        yield from down or _contests(self.numbers, by_row=True)


def row_of(number: PrintedNumber) -> Place:
    """The row that a number stands in."""
    return number.row_group, number.row


def column_of(number: PrintedNumber) -> Place:
    """The column that a number stands in."""
    return number.column_group, number.column


def _grouped(places: Iterable[Place]) -> list[Place]:
    groups: dict[str, dict[Place, None]] = {}
    for group, name in places:
        groups.setdefault(group, {})[group, name] = None
    return [place for those in groups.values() for place in those]


def _contests(numbers: Sequence[PrintedNumber], *, by_row: bool) -> Iterator[list[PrintedNumber]]:
    lines: dict[tuple[object, ...], list[PrintedNumber]] = {}
    for number in numbers:
        place = (*row_of(number),) if by_row else (number.row_group, *column_of(number))
        lines.setdefault((place, number.dataset, number.metric), []).append(number)
    yield from (line for line in lines.values() if len({one.label for one in line}) > 1)
