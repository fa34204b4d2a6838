"""How to read what stands in a table, and only that."""

from __future__ import annotations

from latentdim.outcomes.seed_statistics import FEWEST_SEEDS
from latentdim.tables.model import Absence, Rank, Table


def legend(table: Table) -> str:
    """One sentence for each kind of sign that the table has."""
    cells = [cell for row in table.rows for cell in row.cells]
    ours = [cell.ours for cell in cells if cell.ours]
    counts = {value.n for value in ours}
    parts = {
        "Of one or two seeds the values themselves.": bool(counts & {1, 2}),
        "Mean ± population standard deviation over n seeds, or a single run's own spread where that is larger.": (
            max(counts, default=0) >= FEWEST_SEEDS
        ),
        "Bold: best of its group and column, by more than its spread and the next best's together; "
        "of a single run only its own estimate's spread is known.": any(cell.rank is Rank.BEST for cell in cells),
        "Underlined: second, likewise.": any(cell.rank is Rank.SECOND for cell in cells),
        "↓ lower is better, ↑ higher is better.": any(column.better for column in table.columns),
        "Floor: what the metric gives where there is nothing to find, at the same counts; a value at it has a footnote "
        "and is never bold.": any(column.kind == "quiet" for column in table.columns),
        "Controls, in italics, are reference points and never bold.": any(row.control for row in table.rows),
        "A star: L is the true dimension.": any(head.starred for row in table.rows for head in row.heads),
        "A dash: not asked for in this row.": any(cell.instead is Absence.NOT_ASKED for cell in cells),
        "Not defined: the metric has no meaning there, as a footnote says, or the data can't have it.": any(
            cell.instead is Absence.NOT_DEFINED for cell in cells
        ),
        "Not measurable: what the machine did can't be told of this training alone, as a footnote says.": any(
            cell.instead is Absence.NOT_MEASURABLE for cell in cells
        ),
        "None: the value has no floor, or there is no value.": any(cell.instead is Absence.NO_FLOOR for cell in cells),
        "Struck through: stale, from earlier data or code.": any(value.stale for value in ours),
    }
    return " ".join(text for text, holds in parts.items() if holds)
