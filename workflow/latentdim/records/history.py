"""``history.csv`` in a run's folder: loss terms and whatever the method observes, over training."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from statistics import fmean

from latentdim import registry
from latentdim.records.folder import RunFolder
from latentdim.system.files import write_text

CONVERGED = 0.01  # late improvement up to which a training counts as long enough


def write_history(folder: RunFolder, rows: Sequence[dict[str, float]]) -> None:
    """Write one row for each entry and one column for each name that any entry has; other cells stay empty."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [",".join(columns), *(",".join(repr(row[name]) if name in row else "" for name in columns) for row in rows)]
    write_text(folder.history, "\n".join(lines) + "\n")


def read_history(folder: RunFolder) -> list[dict[str, float]]:
    """The rows of a run's history; empty cells are left out. A column of a metric's former name has the present one.

    Raises:
        ValueError: if a cell isn't a number.
    """
    if not folder.history.exists():
        return []
    with folder.history.open(newline="", encoding="utf-8") as handle:
        rows = csv.DictReader(handle)
        names = {column: _renamed(column) for column in rows.fieldnames or ()}
        return [{names[key]: float(value) for key, value in row.items() if value} for row in rows]


def _renamed(column: str) -> str:
    """A column, whose metric may have had another name, alone or before its axes."""
    metric, dash, axes = column.partition("-")
    return registry.renamed_metrics().get(metric, metric) + dash + axes


def late_improvement(rows: Sequence[dict[str, float]]) -> float | None:
    """Share by which the reconstruction term fell from the last tenth but one of a training to its last tenth.

    Below 0 where it rose. None where either tenth has no row with such a term, or the term was 0 before.

    Args:
        rows: of the history, as ``history.csv`` has them.
    """
    if not rows:
        return None
    end = rows[-1]["step"]
    tenths: list[list[float]] = [[], []]
    for row in rows:
        if "reconstruction" in row and row["step"] > 0.8 * end:
            tenths[row["step"] > 0.9 * end].append(row["reconstruction"])
    if not all(tenths):
        return None
    before, last = (fmean(tenth) for tenth in tenths)
    return 1.0 - last / before if before else None
