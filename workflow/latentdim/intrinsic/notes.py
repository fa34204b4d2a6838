"""What a reader of an estimate is told about the rows that it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from latentdim.intrinsic.calibration import FEWEST_ROWS, MOST_DIM
from latentdim.intrinsic.noise import Denoised
from latentdim.intrinsic.rows import Rows

MANY_TIED = 0.05  # share of rows from which ties are worth a sentence


def notes_of(rows: Rows, clean: Denoised, *, tied: int, dim: float) -> tuple[str, ...]:
    """Sentences, the gravest first.

    Args:
        tied: rows with two nearest neighbours at one distance.
        dim: the estimate, or nan.
    """
    return tuple(_sentences(rows, clean, tied=tied, dim=dim))


def _sentences(rows: Rows, clean: Denoised, *, tied: int, dim: float) -> Iterator[str]:
    n_used, n_distinct = len(rows.points), rows.given - rows.duplicates
    if n_used < FEWEST_ROWS:
        yield f"There is no estimate: {n_used:,} distinct rows are too few, {FEWEST_ROWS} are needed."
    elif isnan(dim):
        yield "There is no estimate: the distances, or directions, to the rows' nearest neighbours are all alike."
    if clean.only_noise:
        yield (
            "No direction stands out of what noise of equal size on every value would make, so each of the "
            f"{rows.points.shape[1]:,} dimensions is needed."
        )
    if dim > MOST_DIM:
        yield (
            f"The estimate lies above {MOST_DIM}, the largest dimension that it was calibrated with: it is more than "
            "that, and how much more is uncertain."
        )
    if rows.duplicates:
        yield (
            f"{rows.duplicates:,} of the {rows.given:,} rows are copies of others and were left out: a copy is a "
            "neighbour at distance 0, which estimators take for dimension 0."
        )
    if n_used < n_distinct:
        yield f"The estimate is made from {n_used:,} of the {n_distinct:,} distinct rows, drawn at random."
    if clean.noise and not clean.only_noise:
        yield (
            f"Noise of {clean.noise:.2g} times the data's spread was seen on every value, and the "
            f"{rows.points.shape[1] - clean.points.shape[1]:,} of {rows.points.shape[1]:,} principal axes that hold "
            "nothing else were left out."
        )
    if tied > MANY_TIED * n_used:
        yield (
            f"{tied / n_used:.0%} of the rows have two nearest neighbours at one distance, as whole-numbered values "
            "make them, which the estimators that look at two neighbours leave out or take for infinitely many "
            "dimensions."
        )
