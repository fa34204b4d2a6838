"""Which cells of a table are its best and second ones, as far as their spreads let anybody say."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from typing import Literal, TypeVar

from latentdim.outcomes.comparison import Estimate, leaders
from latentdim.tables.model import Column, Rank, RowGroup, Table, Value

Name = TypeVar("Name", bound=Hashable)

FEWEST_FOR_SECOND = 3  # of two values the one that isn't the best needs no mark


def ranked(table: Table) -> Table:
    """The table with the best cell of each row group and column marked, and the second.

    A column without a direction has no best, and neither has one in which fewer than two rows of a group, controls
    apart, have a value, in which the next best can't be told apart from it, or where the best is at its metric's floor.
    The second is that of the others, by the same rules.
    """
    return replace(table, groups=tuple(_ranked(group, table.columns) for group in table.groups))


def best_and_second(values: Mapping[Name, Value], better: Literal["lower", "higher"]) -> Iterator[tuple[Name, Rank]]:
    """Which of some rivals is the best and which the second, by the rules of :func:`ranked`, where there are such."""
    fit = {name: Estimate(value.mean, value.spread) for name, value in values.items() if value.sound}
    needed = {Rank.BEST: 2, Rank.SECOND: FEWEST_FOR_SECOND}
    for rank, fewest in needed.items():
        first = leaders(fit, better)
        if len(values) < fewest or len(first) != 1 or values[first[0]].at_floor:
            return
        yield first[0], rank
        del fit[first[0]]


def as_printed(values: Mapping[Name, Value], better: Literal["lower", "higher"]) -> Iterator[tuple[Name, Rank]]:
    """Which of some printed numbers are the best and the second, by their means alone, as papers mark them.

    Equal ones share a rank.
    """
    means = sorted({value.mean for value in values.values()}, reverse=better == "higher")
    for rank, mean, fewest in zip(Rank, means, (2, FEWEST_FOR_SECOND), strict=False):
        if len(values) >= fewest:
            yield from ((name, rank) for name, value in values.items() if value.mean == mean)


def _ranked(group: RowGroup, columns: tuple[Column, ...]) -> RowGroup:
    ranks = {place: rank for index, column in enumerate(columns) for place, rank in _places(group, column, index)}
    rows = (
        replace(row, cells=tuple(replace(cell, rank=ranks.get((r, c))) for c, cell in enumerate(row.cells)))
        for r, row in enumerate(group.rows)
    )
    return replace(group, rows=tuple(rows))


def _places(group: RowGroup, column: Column, index: int) -> Iterator[tuple[tuple[int, int], Rank]]:
    """Row and column of the best and the second, where there are."""
    if column.better is not None:
        ours = {(r, index): row.cells[index].ours for r, row in enumerate(group.rows) if not row.control}
        yield from best_and_second({place: value for place, value in ours.items() if value}, column.better)
