"""A table as CSV: one line for each cell with facts, every digit kept."""

from __future__ import annotations

import csv
import io

from latentdim.tables.model import Cell, Table

COMPARISON = ("theirs", "their_spread", "their_rank", "difference", "verdict")


def comma_separated(table: Table) -> str:
    """Every cell's facts and rank; where the table compares with a paper, also what it prints and the verdict."""
    cells = [cell for row in table.rows for cell in row.cells if cell.facts]
    names = list(dict.fromkeys(name for cell in cells for name in cell.facts))
    comparing = any(cell.compared for cell in cells)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*names, "rank", *(COMPARISON if comparing else [])])
    for cell in cells:
        facts = [cell.facts.get(name) for name in names]
        writer.writerow([*facts, cell.rank, *(_comparison(cell) if comparing else [])])
    return out.getvalue()


def _comparison(cell: Cell) -> list[object]:
    theirs = (cell.theirs.mean, cell.theirs.spread) if cell.theirs else (None, None)
    return [*theirs, cell.their_rank, cell.difference, cell.verdict]
