"""Kinds of check about one curve: a metric over the initial latent dimension."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from latentdim.claims import words
from latentdim.claims.check import OfValues
from latentdim.claims.ends import Caveat, End, Point, Row, Series, below, together, vote
from latentdim.claims.evidence import Curve, Evidence, Place
from latentdim.claims.grid import Asked
from latentdim.outcomes.comparison import leaders

FEWEST_FOR_A_SHAPE = 3  # sizes
FEWEST_FOR_A_SPREAD = 3  # seeds
SIZE = "initial latent dimension L"


class OverSizes(OfValues):
    """Base of the kinds that look at one curve a row."""

    def curve(self, evidence: Evidence, datasets: tuple[str, ...], label: str) -> Curve:
        """The values of a label over its latent dimensions."""
        sizes = self.sizes(evidence, datasets, label)
        places = [Place(label, dim, f"L = {dim}", dim) for dim in sizes]
        return evidence.curve(datasets, self.metric, places, axes=self.axes, pruned=self.pruned)

    def rows(self, evidence: Evidence) -> Iterator[Row]:
        """One for each dataset and label."""
        for datasets in self.datasets:
            for label in self.labels:
                curve = self.curve(evidence, datasets, label)
                where = f"{label} on {curve.dataset}"
                if curve.points:
                    yield self.row(evidence, where, curve, label, datasets)
                else:
                    yield curve.row(where, End.NOT_RUN, "")

    def row(self, evidence: Evidence, where: str, curve: Curve, label: str, datasets: tuple[str, ...]) -> Row:
        """The row of a curve with one value at least."""
        raise NotImplementedError

    def drawn(
        self, where: str, curve: Curve, end: End, says: str, *, band: tuple[float, float] | None = None,
        span: tuple[float, float] | None = None, more: tuple[Series, ...] = (),
    ) -> Row:  # fmt: skip
        """A row with its curve."""
        end, says = self.ending(end, says, silent=curve.silent, caveats=curve.caveats)
        value = f"pruned by {curve.metric}" if self.pruned else curve.metric
        series = (Series(where.split(" on ")[0], curve.points), *more)
        return curve.row(where, end, says, series=series, axis=SIZE, value=value, band=band, span=span)


class MinimumNear(OverSizes):
    """The curve is lowest at a latent dimension in ``near``. It holds where the size of the lowest mean, and all sizes
    that can't be told apart from it (by more than both their spreads), lie there; it fails where none of them does.
    """

    kind: ClassVar[str] = "minimum_near"

    near: tuple[int, int] = Field(description="smallest and largest latent dimension", examples=[[6, 10]])
    highest: bool = Field(False, description="the highest value in place of the lowest")

    def row(self, evidence: Evidence, where: str, curve: Curve, label: str, datasets: tuple[str, ...]) -> Row:
        """Where the curve is lowest."""
        by_place = {point.place: point for point in curve.points}
        first = leaders({at: p.estimate for at, p in by_place.items()}, "higher" if self.highest else "lower")
        inside = [self.near[0] <= place <= self.near[1] for place in first]
        end = End.HOLDS if all(inside) else End.UNDECIDED if any(inside) else End.FAILS
        if len(curve.points) < FEWEST_FOR_A_SHAPE:
            end = End.UNDECIDED
        alike = ", not to be told apart" if len(first) > 1 else ""
        extreme = "highest" if self.highest else "lowest"
        says = f"{extreme} at {words.listed(by_place[place] for place in first)}{alike}; claimed: L = "
        says += words.interval(*self.near)
        return self.drawn(where, curve, end, says, span=(float(self.near[0]), float(self.near[1])))


class UShaped(OverSizes):
    """The curve is higher at both its ends than at its lowest point. It holds where the first and the last mean both
    exceed ``rise`` times the lowest one by more than the spreads together, and fails where one of them falls short by
    more than that, or is the lowest itself and told apart from all others. Fewer than three sizes are undecided.
    """

    kind: ClassVar[str] = "u_shaped"

    rise: float = Field(1.1, ge=1.0, description="how many times the lowest value both ends have to reach")

    def row(self, evidence: Evidence, where: str, curve: Curve, label: str, datasets: tuple[str, ...]) -> Row:
        """How far the ends stand above the lowest point."""
        points = curve.points
        lowest = min(points, key=lambda point: point.estimate.value)
        ends = (points[0], points[-1])
        if len(points) < FEWEST_FOR_A_SHAPE:
            end = End.UNDECIDED
        elif lowest in ends:
            alone = len(leaders({point.place: point.estimate for point in points}, "lower")) == 1
            end = End.FAILS if alone else End.UNDECIDED
        else:
            end = together([below(lowest.estimate, side.estimate, factor=1.0 / self.rise) for side in ends])
        says = f"lowest at {words.listed([lowest])}, ends {words.listed(ends)}; claimed: both ends at least "
        says += f"{words.number(self.rise)} times the lowest"
        return self.drawn(where, curve, end, says)


class NearBest(OverSizes):
    """Every value of the curve is at most ``factor`` times the lowest one, of this curve or of the label ``of``. It
    holds where each is by more than the spreads together and fails where one isn't by more than that.
    """

    kind: ClassVar[str] = "near_best"
    stands: ClassVar[frozenset[End]] = frozenset({End.FAILS})  # another size could only be lower still

    factor: float = Field(ge=1.0, description="how many times the lowest value is still near it", examples=[1.2])
    of: str = Field("", description="a row label whose lowest value counts, over all its sizes; the row's own if empty")

    def asked(self) -> Iterator[Asked]:
        """All cells, and those of the other label."""
        yield from super().asked()
        for datasets in self.datasets if self.of else ():
            yield Asked("of", datasets, self.of, None, self.metric, self.axes)

    def row(self, evidence: Evidence, where: str, curve: Curve, label: str, datasets: tuple[str, ...]) -> Row:
        """How far the highest value stands above the lowest."""
        other: Curve | None = None
        if self.of:
            places = [Place(self.of, dim, f"{self.of} L = {dim}", dim) for dim in evidence.grid.dims(datasets, self.of)]
            other = evidence.curve((curve.dataset,), (curve.metric,), places, axes=self.axes, pruned=self.pruned)
        known = other.points if other else curve.points
        if not known:
            return curve.row(where, End.NOT_RUN, f"no value of {self.of}")
        best = min(known, key=lambda point: point.estimate.value)
        worst = max(curve.points, key=lambda point: point.estimate.value)
        others = [point for point in curve.points if point is not best]
        end = together([below(p.estimate, best.estimate, factor=self.factor) for p in others] or [End.UNDECIDED])
        ratio = worst.estimate.value / best.estimate.value if best.estimate.value else math.inf
        says = f"highest {words.listed([worst])}, {words.number(ratio)} times the lowest, {words.listed([best])}; "
        says += f"claimed: at most {words.number(self.factor)} times"
        if other:
            mixed = {caveat: curve.caveats.get(caveat, ()) + other.caveats.get(caveat, ()) for caveat in Caveat}
            caveats = {caveat: tuple(dict.fromkeys(names)) for caveat, names in mixed.items() if names}
            curve = replace(curve, silent=(*curve.silent, *other.silent), caveats=caveats)
        more = (Series(self.of, other.points),) if other else ()
        band = (-math.inf, self.factor * best.estimate.value)
        return self.drawn(where, curve, end, says, band=band, more=more)


class Within(OverSizes):
    """A value lies from ``low`` to ``high``. Of ``each`` run: it holds where every run's value does, and fails where at
    some latent dimension two seeds or more all lie outside, or more than half of all runs do. The ``mean`` at each
    dimension: it holds, or fails, by more than its spread. The ``std`` over seeds (population formula, from three
    seeds on): it holds inside, and fails outside by more than its own standard error, std / √(2 (n − 1)).
    """

    kind: ClassVar[str] = "within"
    stands: ClassVar[frozenset[End]] = frozenset({End.FAILS})

    low: float | None = Field(None, description="least value; open where left out")
    high: float | None = Field(None, description="largest value; open where left out", examples=[13])
    statistic: Literal["each", "mean", "std"] = Field("each", description="which value: each run's, or that over seeds")

    @model_validator(mode="after")
    def _an_interval(self) -> Within:
        if self.low is None and self.high is None:
            raise ValueError("give 'low', 'high' or both")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("'low' must not exceed 'high'")
        return self

    def row(self, evidence: Evidence, where: str, curve: Curve, label: str, datasets: tuple[str, ...]) -> Row:
        """Whether the values lie there."""
        if self.statistic == "each":
            end = vote({p.name: [self.distance(value) <= 0 for value in p.values] for p in curve.points})
            values = [value for point in curve.points for value in point.values]
            counted = f"{sum(self.distance(value) <= 0 for value in values)} of {len(values)} runs inside"
            says = f"{words.interval(min(values), max(values))}, {counted}: {words.listed(curve.points)}"
        elif self.statistic == "mean":
            end = together([self._mean(point) for point in curve.points])
            says = f"means {words.listed(curve.points)}"
        else:
            end = together([self._std(point) for point in curve.points])
            stds = (f"{p.name}: {words.number(_std(p))} (n = {len(p.values)})" for p in curve.points)
            says = f"standard deviations over seeds {', '.join(stds)}"
        says += f"; claimed: {words.interval(self.low, self.high)}"
        band = None if self.statistic == "std" else (self._low, self._high)
        return self.drawn(where, curve, end, says, band=band)

    @property
    def _low(self) -> float:
        return -math.inf if self.low is None else self.low

    @property
    def _high(self) -> float:
        return math.inf if self.high is None else self.high

    def distance(self, value: float) -> float:
        """How far outside a value lies; negative inside."""
        return max(self._low - value, value - self._high)

    def _mean(self, point: Point) -> End:
        outside = self.distance(point.estimate.value)
        if point.spread is None or abs(outside) < point.spread:
            return End.UNDECIDED
        return End.HOLDS if outside <= 0 else End.FAILS

    def _std(self, point: Point) -> End:
        n = len(point.values)
        if n < FEWEST_FOR_A_SPREAD:
            return End.UNDECIDED
        outside = self.distance(_std(point))
        if outside <= 0:
            return End.HOLDS
        return End.FAILS if outside > _std(point) / math.sqrt(2 * (n - 1)) else End.UNDECIDED


def _std(point: Point) -> float:
    mean = point.estimate.value
    return math.sqrt(sum((value - mean) ** 2 for value in point.values) / len(point.values))
