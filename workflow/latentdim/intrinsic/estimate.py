"""The intrinsic dimension of a user's data, with what is known of its error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import exp, hypot, inf, nan
from typing import TYPE_CHECKING

import numpy as np

from latentdim.intrinsic.calibration import FEWEST_ROWS, MOST_ROWS, Calibration
from latentdim.intrinsic.estimators import ESTIMATORS, quietly
from latentdim.intrinsic.noise import Denoised, denoised
from latentdim.intrinsic.notes import notes_of
from latentdim.intrinsic.rows import Rows, distinct_rows, halves, isometric, n_tied
from latentdim.intrinsic.signature import UnreadableNeighbours, signature
from latentdim.system.problems import InputError
from latentdim.system.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Interval = tuple[float, float]

DRAWS = 6  # halves that an interval is made from
MANY_COLUMNS = 1000  # beyond which half the rows must do, for time's sake
COVERED = (107, 180)  # test cases whose interval held the truth, and all, see reports/recommend_accuracy.md
NORMAL = 1.96  # standard deviations on each side of a 95 % interval
NO_NUMBER = "It makes no positive finite number of these rows, as where many of their distances are equal."


@dataclass(frozen=True)
class EstimatorResult:
    """What one estimator tells.

    Attributes:
        value: the dimension; None where it refused.
        interval: of 95 %, for what other rows would have told; its bias isn't in it. None where there is no value.
        refusal: why there is no value, as a sentence; else empty.
    """

    value: float | None
    interval: tuple[float, float] | None
    refusal: str = ""


@dataclass(frozen=True)
class IntrinsicEstimate:
    """How many dimensions a set of points has.

    Attributes:
        dim: the estimate; nan where there is none (``notes`` say why).
        interval: of 95 %; what other rows would have told, and what the kind of data does to the estimate, as judged by
            the calibration's kinds: strongly bent data, as rotation matrices, lie below it.
        estimators: by name: ``distances`` (corrected) and ``directions``, which ``dim`` is the geometric mean of; then
            the library's, uncorrected, on the same rows.
        duplicates: rows that are copies of an earlier one, left out.
        n_rows: rows given.
        n_used: rows that the estimate is made from.
        n_tied: of these, rows with two nearest neighbours at one distance, as whole-numbered pixels make them.
        noise: standard deviation of noise that was seen and taken away, as a share of the data's; else 0.
        only_noise: no direction stands out of noise of equal size on every value, so every dimension is needed.
        notes: sentences about all of this.
    """

    dim: float
    interval: tuple[float, float]
    estimators: Mapping[str, EstimatorResult]
    duplicates: int
    n_rows: int
    n_used: int
    n_tied: int
    noise: float
    only_noise: bool
    notes: tuple[str, ...]


def intrinsic_dimension(data: NDArray[np.float32], *, seed: int, with_library: bool = True) -> IntrinsicEstimate:
    """Estimate the intrinsic dimension of a table.

    Copies of rows are left out, at most 2,500 of the others drawn (half as many beyond 1,000 values a row), noise of
    equal size on every value is taken away, and the dimension read from distances and directions of nearest neighbours.
    The data's units don't matter.

    Args:
        data: ``(n, values)``; images are flattened.
        seed: of the rows drawn.
        with_library: whether the library's own estimators are asked, too, which takes most of the time.

    Raises:
        InputError: if the estimators' library isn't installed, or the data are no table of numbers.
    """
    _check(data)
    rows = distinct_rows(data, most=most_rows(data.shape[1]), draws=stream("intrinsic", seed, "rows"))
    if len(rows.points) < FEWEST_ROWS:
        nothing = Denoised(rows.points, 0.0, only_noise=False)
        return _described(rows, nothing, {}, tied=0, dim=nan, interval=(nan, nan))
    clean = denoised(rows.points)
    points = isometric(clean.points)
    parts = list(halves(points, count=DRAWS, draws=stream("intrinsic", seed, "halves")))
    try:
        signatures = [signature(points), *(signature(part) for part in parts)]
    except UnreadableNeighbours:
        return _described(rows, clean, {}, tied=n_tied(points), dim=nan, interval=(nan, nan))
    calibration, columns = Calibration.read(), data.shape[1]
    dim, *others = (min(calibration.dim(one), columns) for one in signatures)
    results = {
        "distances": _result(*(min(calibration.by_distances(one), columns) for one in signatures)),
        "directions": _result(*(one.directions for one in signatures)),
        **{name: _asked(estimator, points, parts) for name, estimator in ESTIMATORS.items() if with_library},
    }
    low, high = _around(dim, spread=hypot(_spread(others), calibration.spread_at(dim)))
    return _described(rows, clean, results, tied=n_tied(points), dim=dim, interval=(low, min(high, columns)))


def most_rows(columns: int) -> int:
    """How many distinct rows of so many values an estimate is made from at most."""
    return MOST_ROWS if columns <= MANY_COLUMNS else MOST_ROWS // 2


def _described(
    rows: Rows, clean: Denoised, results: Mapping[str, EstimatorResult], *, tied: int, dim: float, interval: Interval
) -> IntrinsicEstimate:
    return IntrinsicEstimate(
        dim, interval, results, rows.duplicates, rows.given, len(rows.points), tied, clean.noise, clean.only_noise,
        notes_of(rows, clean, tied=tied, dim=dim),
    )  # fmt: skip


def _check(data: NDArray[np.float32]) -> None:
    if find_spec("skdim") is None:
        advice = "scikit-dimension isn't installed, which the estimators come from: pip install 'latentdim[recommend]'"
        raise InputError("the intrinsic dimension", [advice])
    if data.ndim != 2:
        raise InputError("the data", [f"should be rows of values, and have {data.ndim} axes: {data.shape}"])
    finite = np.isfinite(data).all(axis=1)
    if not finite.all():
        raise InputError("the data", [f"row {int(finite.argmin())} (counted from 0) holds NaN or infinity"])


def _asked(estimator: Callable[[Array], float], points: Array, parts: Sequence[Array]) -> EstimatorResult:
    try:
        values = [quietly(estimator, some) for some in (points, *parts)]
    except IndexError:  # the library's, where no distances are left that differ
        return EstimatorResult(None, None, NO_NUMBER)
    except ValueError as refusal:
        return EstimatorResult(None, None, str(refusal))
    return _result(*values) if all(0.0 < value < inf for value in values) else EstimatorResult(None, None, NO_NUMBER)


def _result(value: float, *of_halves: float) -> EstimatorResult:
    return EstimatorResult(value, _around(value, spread=_spread(of_halves)))


def _spread(of_halves: Sequence[float]) -> float:
    """Standard deviation of the logarithm, for as many rows as there are: see :func:`halves`."""
    return float(np.std(np.log(of_halves), ddof=1))


def _around(value: float, *, spread: float) -> Interval:
    return value * exp(-NORMAL * spread), value * exp(NORMAL * spread)
