"""The dimension that a signature stands for, its bias corrected by data of known dimension.

The logarithm of d is fitted as a quadratic function of the logarithms of Gride's value and of the number of rows, over
sets of the flat calibration families with random d, rows, columns and noise, prepared as a user's data are. The result
is the geometric mean of that and of the directions' value, which needs no correction. More of the signature (Gride at
other scales, directions of further neighbours) made a fit that erred more on families left out, so it stays out.

``python -m latentdim.intrinsic.calibration`` draws all sets anew, fits, and writes ``calibration.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from math import exp, log
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from latentdim.intrinsic.families import BENT, FLAT, noisy
from latentdim.intrinsic.noise import denoised
from latentdim.intrinsic.signature import Signature, signature
from latentdim.system.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FILE = Path(__file__).with_name("calibration.json")
SETS = 1400
FEWEST_ROWS, MOST_ROWS = 100, 2500
MOST_DIM, MOST_COLUMNS = 100, 300
NOISES = (0.0, 0.0, 0.01, 0.02, 0.05, 0.1)
NINE_IN_TEN = 1.645  # standard deviations within which nine in ten normal values lie
BANDS = (3.0, 10.0, 30.0)  # estimates between which the spread is told apart


class CalibrationSet(NamedTuple):
    """What one set was drawn with, and what it looks like."""

    family: str
    dim: int
    columns: int
    noise: float
    signature: Signature


@dataclass(frozen=True)
class Calibration:
    """The fitted function.

    Attributes:
        coefficients: of :func:`terms`.
        spread: of the estimate's logarithm about the true one's over all families, bent ones included, for estimates in
            each of the four ranges that ``BANDS`` divide; nine errors in ten are below 1.645 of it.
        sets: how many there were.
    """

    coefficients: tuple[float, ...]
    spread: tuple[float, ...]
    sets: int

    @classmethod
    @cache
    def read(cls) -> Calibration:
        """The one that is shipped."""
        held = json.loads(FILE.read_text(encoding="utf-8"))
        return cls(tuple(held["coefficients"]), tuple(held["spread"]), held["sets"])

    def by_distances(self, one: Signature) -> float:
        """The dimension that distances stand for, corrected."""
        return exp(float(terms([one])[0] @ np.array(self.coefficients)))

    def dim(self, one: Signature) -> float:
        """The estimate: the geometric mean of what distances and directions stand for."""
        return (self.by_distances(one) * one.directions) ** 0.5

    def spread_at(self, dim: float) -> float:
        """Standard deviation of an estimate's logarithm that is owed to the kind of data."""
        return self.spread[int(np.searchsorted(BANDS, dim))]


def terms(signatures: Sequence[Signature]) -> Array:
    """The quadratic function's terms ``(sets, 6)``."""
    value = np.log([one.distances for one in signatures])
    rows = np.log([one.rows / 1000.0 for one in signatures])
    return np.stack([np.ones(len(value)), value, rows, value**2, value * rows, rows**2], axis=1)


def calibration_sets() -> Iterator[CalibrationSet]:
    """All sets, family by turns."""
    families = FLAT + BENT
    for index in range(SETS):
        draws = stream("intrinsic", "calibration", index)
        family = families[index % len(families)]
        dim, rows = round(_log_uniform(draws, 1, MOST_DIM)), round(_log_uniform(draws, FEWEST_ROWS, MOST_ROWS))
        columns, noise = round(_log_uniform(draws, dim + 1, MOST_COLUMNS)), float(draws.choice(NOISES))
        points = noisy(draws, family(draws, rows, dim), columns=columns, noise=noise)
        yield CalibrationSet(family.__name__, dim, points.shape[1], noise, signature(denoised(points).points))


def _log_uniform(draws: np.random.Generator, low: float, high: float) -> float:
    return exp(draws.uniform(log(low), log(high)))


def fitted(sets: Sequence[CalibrationSet]) -> Calibration:
    """The least squares fit to the flat sets, and the spread of the estimate over all."""
    flat_names = {family.__name__ for family in FLAT}
    flat = [one for one in sets if one.family in flat_names]
    matrix = terms([one.signature for one in flat])
    coefficients, *_ = np.linalg.lstsq(matrix, np.log([one.dim for one in flat]))
    estimates = np.array([Calibration(tuple(coefficients), (), 0).dim(one.signature) for one in sets])
    errors = np.abs(np.log(estimates) - np.log([one.dim for one in sets]))
    bands = np.searchsorted(BANDS, estimates)
    # By a quantile: noise that hides one dimension makes ten of it, in a few sets, and would widen all intervals.
    spread = [float(np.quantile(errors[bands == band], 0.9) / NINE_IN_TEN) for band in range(len(BANDS) + 1)]
    return Calibration(tuple(coefficients.tolist()), tuple(spread), len(sets))


def main() -> None:
    """Draw all sets, fit, and write the file."""
    calibration = fitted(list(calibration_sets()))
    FILE.write_text(json.dumps(asdict(calibration), indent=1) + "\n", encoding="utf-8")
    print(f"{calibration.sets} sets; spread of log d by range: {[round(value, 3) for value in calibration.spread]}")


if __name__ == "__main__":
    main()
