"""Kinds of check that compare two sides, place by place: a row of a table against other rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from latentdim.claims import words
from latentdim.claims.check import Alternatives, Check
from latentdim.claims.ends import End, Point, Row, Series, below, opposite, together, within
from latentdim.claims.evidence import Curve, Evidence, Place
from latentdim.claims.grid import Asked
from latentdim.registry.declarations import Strict
from latentdim.study.axes import Axes


class Where(Strict):
    """One place of a comparison."""

    dataset: Alternatives = Field(description="its name; a list holds stand-ins for the first")
    dim: PositiveInt | None = Field(
        None, description="initial latent dimension; may be left out where each label has one only"
    )
    than_dim: PositiveInt | None = Field(None, description="that of the other side; the same where left out")


@dataclass(frozen=True)
class Sides:
    """The values of one place: of the first side, and of all others."""

    first: Point
    others: tuple[Point, ...]
    curve: Curve


class OfPairs(Check):
    """Base of the kinds that compare a label with others, a row for each place."""

    label: str = Field(description="row label of the first side")
    than: tuple[str, ...] = Field(
        (), description="row labels that it is compared with, each; all others of that place, controls apart, if empty"
    )
    metric: Alternatives = Field(description="its name; a list holds stand-ins for the first")
    axes: Axes | None = Field(None, description="which axes' values, where the metric is measured on several choices")
    than_axes: Axes | None = Field(None, description="those of the other side; the same where left out")
    pruned: bool = Field(
        False, description="the initial latent dimension less the value: for counts, how many dimensions were pruned"
    )
    at: Annotated[tuple[Where, ...], Field(min_length=1)] = Field(description="a row each")

    def asked(self) -> Iterator[Asked]:
        """Both sides at every place."""
        for index, place in enumerate(self.at):
            yield Asked(f"at.{index}.dataset", place.dataset)
            yield Asked(f"at.{index}.dim", place.dataset, self.label, place.dim, self.metric, self.axes)
            dim, axes = place.than_dim or place.dim, self.than_axes or self.axes
            key = f"at.{index}.{'than_dim' if place.than_dim else 'dim'}"
            yield from (Asked(key, place.dataset, other, dim, self.metric, axes) for other in self.than)

    def rows(self, evidence: Evidence) -> Iterator[Row]:
        """One for each place."""
        for at in self.at:
            places = self._places(evidence, at)
            curve = evidence.curve(at.dataset, self.metric, places, axes=self.axes, pruned=self.pruned)
            by_position = {int(point.place): point for point in curve.points}
            first, others = by_position.pop(0, None), tuple(by_position.values())
            where = curve.dataset + ("" if at.dim is None else f", L = {at.dim}")
            where += f" against {at.than_dim}" if at.than_dim else ""
            if first is None or not others:
                end = End.UNDECIDED if curve.points else End.NOT_RUN
                yield curve.row(where, end, words.listed(curve.points))
                continue
            ends, says = self.judge(first, others)
            end, says = self.ending(together(ends), says, silent=curve.silent, caveats=curve.caveats)
            series = (Series(self.label, (first,)), Series("others", others))
            value = f"pruned by {curve.metric}" if self.pruned else curve.metric
            yield curve.row(where, end, says, series=series, value=value)

    def _places(self, evidence: Evidence, at: Where) -> list[Place]:
        """The first side at position 0, then the others."""
        than = at.than_dim or at.dim
        others = self.than or tuple(evidence.grid.rivals(at.dataset, than, self.label))
        sides = [(self.label, at.dim, self.axes), *((label, than, self.than_axes or self.axes) for label in others)]
        labels = [label for label, _, _ in sides]
        found = []
        for position, (label, dim, axes) in enumerate(sides):
            sizes = [dim] if dim is not None else evidence.grid.dims(at.dataset, label)
            apart = labels.count(label) > 1 or len(sizes) > 1 or at.than_dim is not None
            for size in sizes:
                name = f"{label} at L = {size}" if apart else label
                name += f" on {axes} axes" if self.than_axes and axes else ""
                found.append(Place(label, size, name, position, axes))
        return found

    def judge(self, first: Point, others: tuple[Point, ...]) -> tuple[list[End], str]:
        """The end of each comparison, and what decided."""
        raise NotImplementedError


class Ordered(OfPairs):
    """The first side's mean is ``below`` (or ``above``) ``factor`` times that of every other. It holds, or fails, where
    the two are apart by more than both their spreads together; fewer than two seeds on a side are undecided. A factor
    below 1 asks for more than an order (``lies: below, factor: 0.5``: less than half), above 1 for less than one.
    """

    kind: ClassVar[str] = "ordered"
    stands: ClassVar[frozenset[End]] = frozenset({End.FAILS})

    lies: Literal["below", "above"] = Field(description="where the first side lies")
    factor: float = Field(1.0, gt=0.0, description="of the other side's value")

    def judge(self, first: Point, others: tuple[Point, ...]) -> tuple[list[End], str]:
        """Each against the first."""
        ends = [below(first.estimate, other.estimate, factor=self.factor) for other in others]
        if self.lies == "above":
            ends = [opposite(end) for end in ends]
        factor = "" if self.factor == 1.0 else f"{words.number(self.factor)} times "
        says = f"{words.listed([first])} against {words.listed(others)}; claimed: {self.lies} {factor}"
        return ends, f"{says}{'the other' if len(others) == 1 else 'each of them'}"


class Alike(OfPairs):
    """The first side's mean differs from that of every other by no more than a tolerance. It holds where the difference
    and both spreads together are within it, and fails where the difference less the spreads is beyond it.
    """

    kind: ClassVar[str] = "alike"
    stands: ClassVar[frozenset[End]] = frozenset({End.FAILS})

    tolerance: NonNegativeFloat | None = Field(None, description="in the metric's unit")
    relative: NonNegativeFloat | None = Field(
        None, description="instead: as a share of the other side's value", examples=[0.1]
    )

    @model_validator(mode="after")
    def _one_tolerance(self) -> Alike:
        if (self.tolerance is None) == (self.relative is None):
            raise ValueError("give exactly one of 'tolerance' and 'relative'")
        return self

    def judge(self, first: Point, others: tuple[Point, ...]) -> tuple[list[End], str]:
        """Each against the first."""
        ends, limits = [], []
        for other in others:
            one, two = first.estimate, other.estimate
            limits.append(self.tolerance if self.tolerance is not None else (self.relative or 0.0) * abs(two.value))
            noise = None if one.spread is None or two.spread is None else one.spread + two.spread
            ends.append(within(one.value - two.value, noise, limits[-1]))
        apart = max(abs(first.estimate.value - other.estimate.value) for other in others)
        says = f"{words.listed([first])} against {words.listed(others)}, at most {words.number(apart)} apart; claimed: "
        return ends, f"{says}at most {words.interval(min(limits), max(limits))}"
