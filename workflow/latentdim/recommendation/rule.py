"""From held-out errors and distances over L to one answer, an interval, or the reason why there is none.

L is enough where no larger size tried is worth its further dimensions. Going from L to a larger L' is worth it where
the mean held-out error e, in shares of the data's variance, falls

- by more than twice the standard error of its logarithm over seeds (the noise of training),
- more than twice as fast, on a logarithmic scale, as it would if all that is left at L were noise of equal strength in
  each of the D − L directions that a code of L numbers leaves out of D: below e(L) · (1 − (L' − L) / (D − L))²,
- and either by ``TOLERANCE`` of the variance, or steeply: log e, or the logarithm of what e exceeds its least value by,
  falls at least ``STEEPNESS`` times as fast as log L grows. Errors below ``NEGLIGIBLE``, and excesses below that and
  ``EXCESS`` of the least error, count as that.

The tolerance says what an error is worth to a user; the steepness finds a bend that is small in absolute terms, such as
the tear of a circle in one dimension. The answer is the smallest size that is enough, moved up while its distance to
the data is worse than the best one's by more than twice their uncertainty and ``TOLERANCE`` of the worst one's. The
interval is what the same rule says with all thresholds ``MARGIN`` times larger and smaller, of each seed alone, and of
sizes between those tried. All constants were set on development data, which README names.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, pstdev, stdev

TOLERANCE = 0.02
STEEPNESS = 2.0
NEGLIGIBLE = 5e-5
EXCESS = 1 / 3
NOISE = 2.0
DEVIATIONS = 2.0
MARGIN = 1.5
UNKNOWN = 0.05  # standard error of log e of a size with one seed, about what was seen of several


class Kind(StrEnum):
    """What became of the question."""

    ANSWER = "answer"
    NOISE = "noise"
    NO_BEND = "no_bend"
    EVERY_DIMENSION = "every_dimension"
    COPIES = "copies"


@dataclass(frozen=True)
class Point:
    """What one autoencoder size left, seed by seed.

    Attributes:
        errors: seed → held-out error, as a share of the data's variance.
        distances: seed → Fréchet distance of samples to held-out data, where it is measured.
        floor: what that distance is between two halves of the held-out data.
    """

    dim: int
    errors: Mapping[int, float]
    distances: Mapping[int, float]
    floor: float = 0.0

    @property
    def distance(self) -> float:
        """Mean over the seeds that have one."""
        return fmean(self.distances.values())

    @property
    def error(self) -> float:
        """Mean over the seeds."""
        return fmean(self.errors.values())

    @property
    def log_error(self) -> float:
        """Mean of the errors' logarithms; what is below ``NEGLIGIBLE`` counts as that."""
        return fmean(self._logs)

    @property
    def uncertainty(self) -> float:
        """Standard error of that mean."""
        return stdev(self._logs) / math.sqrt(len(self._logs)) if len(self._logs) > 1 else UNKNOWN

    @property
    def _logs(self) -> list[float]:
        return [math.log(max(error, NEGLIGIBLE)) for error in self.errors.values()]


@dataclass(frozen=True)
class Thresholds:
    """How much a further dimension has to bring."""

    tolerance: float = TOLERANCE
    steepness: float = STEEPNESS
    noise: float = NOISE

    def scaled(self, factor: float) -> Thresholds:
        """All of them times a factor; above 1 they ask for more, so that fewer dimensions are enough."""
        return Thresholds(self.tolerance * factor, self.steepness * factor, self.noise * factor)


@dataclass(frozen=True)
class Answer:
    """The outcome.

    Attributes:
        dim: the recommended size; None where there is no answer.
        low, high: of the interval; ``dim`` lies within it.
        by_error: the size that the errors alone recommend, which the distances may have moved up.
    """

    kind: Kind
    dim: int | None = None
    low: int | None = None
    high: int | None = None
    by_error: int | None = None

    @property
    def found(self) -> bool:
        """Whether there is one."""
        return self.kind is Kind.ANSWER


def answered(points: Sequence[Point], *, n_values: int) -> Answer:
    """The answer that a sweep gives.

    Args:
        points: of the sizes tried, each with one seed or more, in any order; sizes of ``n_values`` and above are left
            out, since they can copy their input.
        n_values: D, how many values an example has.

    Raises:
        ValueError: if there is no point.
    """
    curve = _curve(points, n_values)
    by_error = enough(curve, n_values=n_values, thresholds=Thresholds())
    largest = curve[-1].dim
    if by_error == 0:
        return Answer(Kind.NOISE)
    if by_error == largest and curve[-1].error > NEGLIGIBLE:
        return Answer(_at_the_end(curve[-1], n_values), by_error=by_error)
    dim = _within_reach(curve, by_error)
    low, high = _interval(curve, dim, n_values=n_values)
    return Answer(Kind.ANSWER, dim, low, high, by_error)


def _curve(points: Sequence[Point], n_values: int) -> list[Point]:
    """By size, from 0 dimensions on, whose error is the variance."""
    tried = sorted((point for point in points if point.dim < n_values), key=lambda point: point.dim)
    if not tried:
        raise ValueError("no size was tried")
    return [Point(0, dict.fromkeys(tried[0].errors, 1.0), {}), *tried]


def enough(curve: Sequence[Point], *, n_values: int, thresholds: Thresholds) -> int:
    """The smallest size of a curve from which on no further dimensions are worth it."""
    least = min(point.error for point in curve)
    return next(
        here.dim
        for index, here in enumerate(curve)
        if not any(_worth(here, there, least, n_values, thresholds) for there in curve[index + 1 :])
    )


def _worth(here: Point, there: Point, least: float, n_values: int, thresholds: Thresholds) -> bool:
    """Whether the error falls enough between two sizes, see the module's text."""
    return _beyond_noise(here, there, n_values, thresholds) and _matters(here, there, least, thresholds)


def _beyond_noise(here: Point, there: Point, n_values: int, thresholds: Thresholds) -> bool:
    """Whether the error falls by more than seeds, and noise in all directions, would let it."""
    fall = here.log_error - there.log_error
    left_by_noise = 1.0 - (there.dim - here.dim) / (n_values - here.dim)
    seeded = DEVIATIONS * math.hypot(here.uncertainty, there.uncertainty)
    return fall > seeded and there.error < here.error * left_by_noise**thresholds.noise


def _matters(here: Point, there: Point, least: float, thresholds: Thresholds) -> bool:
    """Whether the error falls by the tolerance, or steeply."""
    fall = here.log_error - there.log_error
    if here.error - there.error >= thresholds.tolerance:
        return True
    lowest = max(NEGLIGIBLE, EXCESS * least)
    before, after = (max(point.error - least, lowest) for point in (here, there))
    steepest = max(fall, math.log(before / after))
    return here.dim > 0 and steepest >= thresholds.steepness * math.log(there.dim / here.dim)


def larger_sizes(points: Sequence[Point], dim: int, *, n_values: int) -> tuple[bool, bool]:
    """Why sizes above one that is enough aren't worth it: some gain too little; some no more than noise would let them.

    Args:
        points: as :func:`answered` takes them.
        dim: one of their sizes.
    """
    curve = _curve(points, n_values)
    here, least = next(one for one in curve if one.dim == dim), min(one.error for one in curve)
    gains = [_matters(here, there, least, Thresholds()) for there in curve if there.dim > dim]
    return not all(gains), any(gains)


def _at_the_end(last: Point, n_values: int) -> Kind:
    """What it means that no size tried is known to be enough."""
    return Kind.EVERY_DIMENSION if last.dim >= n_values - 1 else Kind.NO_BEND


def _within_reach(curve: Sequence[Point], dim: int) -> int:
    """The smallest size from ``dim`` on whose distance can't be told from the best of them, or matters little."""
    measured = [point for point in curve if point.dim >= dim and point.distances]
    if not measured:
        return dim
    best = min(measured, key=lambda point: point.distance)
    worst = max(point.distance for point in curve if point.distances)
    allowed = best.distance + TOLERANCE * worst + DEVIATIONS * max(best.floor, _deviation_over_seeds(measured))
    return next(point.dim for point in measured if point.distance <= allowed)


def _deviation_over_seeds(points: Sequence[Point]) -> float:
    """What distances of one size differ by, pooled over sizes; 0 where each has one seed."""
    spreads = [pstdev(point.distances.values()) for point in points if len(point.distances) > 1]
    return math.sqrt(fmean(spread**2 for spread in spreads)) if spreads else 0.0


def _interval(curve: Sequence[Point], dim: int, *, n_values: int) -> tuple[int, int]:
    """Sizes that the answer can't be told from."""
    sizes = [point.dim for point in curve]

    def said(of: Sequence[Point], factor: float) -> int:
        return enough(of, n_values=n_values, thresholds=Thresholds().scaled(factor))

    others = [said(curve, MARGIN), said(curve, 1.0 / MARGIN), *(said(alone, 1.0) for alone in _seed_by_seed(curve))]
    low, high = min([dim, *others]), max([dim, *others])
    below = max(size for size in sizes if size < max(low, 1))
    return max(below + 1, 1), min(high, n_values - 1)


def _seed_by_seed(curve: Sequence[Point]) -> Iterator[list[Point]]:
    """The curve of each seed, with the mean where a size wasn't trained from it."""
    seeds = sorted({seed for point in curve for seed in point.errors})
    for seed in seeds:
        yield [Point(point.dim, {seed: point.errors.get(seed, point.error)}, {}) for point in curve]
