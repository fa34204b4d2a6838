"""Which cells of a table are its best and second ones, as far as their spreads let anybody say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from latentdim.outcomes.comparison import Estimate, leaders
from latentdim.tables.model import Column, Rank, RowGroup, Table

FEWEST_FOR_SECOND = 3  # of two values the one that isn't the best needs no mark


def ranked(table: Table) -> Table:
    """The table with the best cell of each row group and column marked, and the second.

    A column without a direction has no best, and neither has one in which fewer than two rows of a group, controls
    apart, have a value, in which the next best can't be told apart from it, or where the best is at its metric's floor.
    The second is that of the others, by the same rules.
    """
    return replace(table, groups=tuple(_ranked(group, table.columns) for group in table.groups))


def _ranked(group: RowGroup, columns: tuple[Column, ...]) -> RowGroup:
    ranks = {place: rank for index, column in enumerate(columns) for place, rank in _places(group, column, index)}
    rows = (
        replace(row, cells=tuple(replace(cell, rank=ranks.get((r, c))) for c, cell in enumerate(row.cells)))
        for r, row in enumerate(group.rows)
    )
    return replace(group, rows=tuple(rows))


def _places(group: RowGroup, column: Column, index: int) -> Iterator[tuple[tuple[int, int], Rank]]:
    """Row and column of the best and the second, where there are."""
    if column.better is None:
        return
    ours = {r: row.cells[index].ours for r, row in enumerate(group.rows) if not row.control}
    rivals = {r: value for r, value in ours.items() if value is not None}
    fit = {r: Estimate(value.mean, value.spread) for r, value in rivals.items() if value.sound}
    needed = {Rank.BEST: 2, Rank.SECOND: FEWEST_FOR_SECOND}
    for rank, fewest in needed.items():
        first = leaders(fit, column.better)
        if len(rivals) < fewest or len(first) != 1 or rivals[first[0]].at_floor:
            return
        yield (first[0], index), rank
        del fit[first[0]]
