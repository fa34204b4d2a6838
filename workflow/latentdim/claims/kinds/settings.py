"""Kinds of check about how values move along the initial latent dimension, or from setting to setting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field, NonNegativeFloat, model_validator

from latentdim.claims import words
from latentdim.claims.check import OfValues
from latentdim.claims.ends import End, Row, Series, below, opposite, within
from latentdim.claims.evidence import Curve, Evidence, Place
from latentdim.claims.kinds.curves import SIZE

SIGNIFICANT = 0.05


class OverSettings(OfValues):
    """Base of the kinds that look at values along one axis: sizes of a label, or labels at a size in the order given.

    Over dims there is a row for each dataset and label, over labels one for each dataset and latent dimension.
    """

    over: Literal["dim", "label"] = Field(
        "dim", description="what changes: the initial latent dimension, or the label, in the order of `labels`"
    )

    def rows(self, evidence: Evidence) -> Iterator[Row]:
        """One for each curve."""
        for datasets in self.datasets:
            for where, places in self._lines(evidence, datasets):
                curve = evidence.curve(datasets, self.metric, places, axes=self.axes, pruned=self.pruned)
                named = f"{where} on {curve.dataset}"
                if len(curve.points) < 2:
                    end = End.UNDECIDED if curve.points else End.NOT_RUN
                    yield curve.row(named, end, words.listed(curve.points))
                else:
                    yield self._row(named, where, curve)

    def _lines(self, evidence: Evidence, datasets: tuple[str, ...]) -> Iterator[tuple[str, list[Place]]]:
        if self.over == "dim":
            for label in self.labels:
                sizes = self.sizes(evidence, datasets, label)
                yield label, [Place(label, dim, f"L = {dim}", dim) for dim in sizes]
        else:
            for dim in self.sizes(evidence, datasets, self.labels[0]):
                yield f"L = {dim}", [Place(label, dim, label, index) for index, label in enumerate(self.labels)]

    def _row(self, named: str, where: str, curve: Curve) -> Row:
        end, says = self.ending(*self.judge(curve), silent=curve.silent, caveats=curve.caveats)
        value = f"pruned by {curve.metric}" if self.pruned else curve.metric
        axis = SIZE if self.over == "dim" else ""
        series = (Series(where, curve.points),)
        return curve.row(named, end, says, series=series, axis=axis, value=value)

    def judge(self, curve: Curve) -> tuple[End, str]:
        """The end of a curve with two values at least, and what decided."""
        raise NotImplementedError


class Grows(OverSettings):
    """The values rise along the axis. It holds where Kendall's rank correlation τ of all runs with their place is
    positive at a one-sided p ≤ .05 and the last mean exceeds ``factor`` times the first; it fails where the correlation
    is negative at that level, or the last mean is below ``factor`` times the first by more than both spreads.
    """

    kind: ClassVar[str] = "grows"

    factor: float = Field(1.0, gt=0.0, description="how many times its first value the last one has to reach")

    def judge(self, curve: Curve) -> tuple[End, str]:
        """By rank correlation, and the last value against the first."""
        return self._trend(curve, rising=True)

    def _trend(self, curve: Curve, *, rising: bool) -> tuple[End, str]:
        from scipy.stats import kendalltau

        first, last = curve.points[0].estimate, curve.points[-1].estimate
        runs = [(point.place, value) for point in curve.points for value in point.values]
        if len({value for _, value in runs}) == 1:
            tau, towards, away = 0.0, 1.0, 1.0
        else:
            ordered = list(zip(*runs, strict=True))
            ways = ("greater", "less") if rising else ("less", "greater")
            tau, towards = kendalltau(*ordered, alternative=ways[0])
            away = kendalltau(*ordered, alternative=ways[1]).pvalue
        reached = last.value > self.factor * first.value if rising else last.value < self.factor * first.value
        lower = below(last, first, factor=self.factor)
        short = lower if rising else opposite(lower)
        end = End.UNDECIDED
        if towards <= SIGNIFICANT and reached:
            end = End.HOLDS
        elif away <= SIGNIFICANT or short is End.HOLDS:
            end = End.FAILS
        says = f"{words.listed(curve.points)}; Kendall's τ {tau:.2f} over {len(runs)} runs (p = {towards:.2g})"
        if self.factor != 1.0:
            limit = "at least" if rising else "at most"
            says += f"; claimed: the last {limit} {words.number(self.factor)} times the first"
        return end, says


class Falls(Grows):
    """The values fall along the axis: as ``grows``, the other way round; the last mean has to lie below ``factor``
    times the first.
    """

    kind: ClassVar[str] = "falls"

    def judge(self, curve: Curve) -> tuple[End, str]:
        """By rank correlation, and the last value against the first."""
        return self._trend(curve, rising=False)


class Indifferent(OverSettings):
    """The values don't move along the axis by more than a tolerance. It holds where all runs together lie no further
    apart than that, and fails where the largest and the smallest mean do by more than both their spreads beyond it.
    """

    kind: ClassVar[str] = "indifferent"
    stands: ClassVar[frozenset[End]] = frozenset({End.FAILS})

    tolerance: NonNegativeFloat | None = Field(None, description="in the metric's unit", examples=[2])
    relative: NonNegativeFloat | None = Field(None, description="instead: as a share of the mean of all means")

    @model_validator(mode="after")
    def _one_tolerance(self) -> Indifferent:
        if (self.tolerance is None) == (self.relative is None):
            raise ValueError("give exactly one of 'tolerance' and 'relative'")
        return self

    def judge(self, curve: Curve) -> tuple[End, str]:
        """By the range over all runs, and that of the means."""
        means = [point.estimate.value for point in curve.points]
        limit = self.tolerance
        if limit is None:
            limit = (self.relative or 0.0) * abs(sum(means) / len(means))
        values = [value for point in curve.points for value in point.values]
        high = max((point.estimate for point in curve.points), key=lambda one: one.value)
        low = min((point.estimate for point in curve.points), key=lambda one: one.value)
        noise = None if high.spread is None or low.spread is None else high.spread + low.spread
        end = within(high.value - low.value, noise, limit)
        if end is not End.FAILS:
            end = End.HOLDS if max(values) - min(values) <= limit else End.UNDECIDED
        says = f"{words.listed(curve.points)}; all runs within {words.number(max(values) - min(values))}, means within "
        says += f"{words.number(high.value - low.value)}; claimed: at most {words.number(limit)}"
        return end, says


class Depends(Indifferent):
    """The values move along the axis by more than a tolerance: it holds where ``indifferent`` fails, and fails where
    that holds.
    """

    kind: ClassVar[str] = "depends"
    stands: ClassVar[frozenset[End]] = frozenset({End.HOLDS})

    def judge(self, curve: Curve) -> tuple[End, str]:
        """The other way round."""
        end, says = super().judge(curve)
        return opposite(end), says.replace("claimed: at most", "claimed: more than")
