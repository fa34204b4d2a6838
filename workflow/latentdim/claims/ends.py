"""How a claim ends, and how many small answers make one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from latentdim.outcomes.comparison import Estimate

FEWEST_RUNS = 2  # a single run decides nothing


class End(StrEnum):
    """What became of a claim, or of one row of its evidence."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"
    NOT_RUN = "not run"


class Caveat(StrEnum):
    """What a reader must know of a run."""

    UNCONVERGED = "not converged"
    UNTOLD = "not known to have converged"
    UNCONVERGED_AS_PRINTED = "not converged, though trained as long as the paper's"
    COLLAPSED = "collapsed"
    DIVERGED = "diverged"
    STALE = "stale, of earlier data or code"
    AT_FLOOR = "at its metric's floor"


Caveats = Mapping[Caveat, tuple[str, ...]]  # with the places that each is of
NONE: Caveats = {}


@dataclass(frozen=True)
class Point:
    """One value of the evidence as it is drawn: a mean over seeds, or a row of a history.

    Attributes:
        name: of the place, such as ``L = 8`` or ``epoch 20``.
        place: along the horizontal axis.
        values: one a seed.
        spread: how far the value would move, see :class:`latentdim.outcomes.comparison.Estimate`; None below two seeds.
    """

    name: str
    place: float
    values: tuple[float, ...]
    spread: float | None = None

    @property
    def estimate(self) -> Estimate:
        """The mean with its spread."""
        return Estimate(sum(self.values) / len(self.values), self.spread)


@dataclass(frozen=True)
class Series:
    """Points that belong together, from left to right."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Row:
    """One row of a claim's evidence.

    Attributes:
        where: dataset and label, or the two sides of a comparison.
        dataset: whose values it is about.
        says: the numbers that decided, in words; of many the first ones.
        axis: text of the horizontal axis; empty where places are names.
        value: text of the vertical axis: what was measured, under the name that was taken.
        band: the values that the claim allows, where it names some; an open end is infinite.
        span: the places that it names.
        notes: what stood in for what the paper means.
        details: what each run that decides says, where runs are asked one by one.
        silent: the places and runs that decide nothing, each with the reason.
        caveats: what a reader must know of the runs.
    """

    where: str
    end: End
    says: str
    dataset: str
    series: tuple[Series, ...] = ()
    axis: str = ""
    value: str = ""
    band: tuple[float, float] | None = None
    span: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    caveats: Caveats = field(default_factory=dict)


def below(first: Estimate, second: Estimate, *, factor: float = 1.0) -> End:
    """Whether ``first < factor · second``, as far as the spreads let anybody say.

    It holds, or fails, where the two sides are further apart than both their spreads together; with an unknown spread
    it is undecided.
    """
    if first.spread is None or second.spread is None:
        return End.UNDECIDED
    apart, noise = factor * second.value - first.value, first.spread + abs(factor) * second.spread
    return End.HOLDS if apart > noise else End.FAILS if apart < -noise else End.UNDECIDED


def within(difference: float, noise: float | None, tolerance: float) -> End:
    """Whether a difference of two or more values is at most ``tolerance``, whatever its sign.

    It holds where the difference and its noise are, fails where the difference less its noise isn't.
    """
    if noise is None:
        return End.UNDECIDED
    size = abs(difference)
    return End.HOLDS if size + noise <= tolerance else End.FAILS if size - noise > tolerance else End.UNDECIDED


def vote(places: Mapping[str, Sequence[bool]]) -> End:
    """What single runs say together, each with yes or no, by the place that their seeds share.

    It holds where every run says yes. It fails where at some place two seeds or more all say no, or more than half of
    all runs do. Fewer than two runs, and whatever lies between, are undecided.
    """
    said = [yes for seeds in places.values() for yes in seeds]
    if len(said) < FEWEST_RUNS:
        return End.UNDECIDED if said else End.NOT_RUN
    if all(said):
        return End.HOLDS
    denied = any(len(seeds) >= FEWEST_RUNS and not any(seeds) for seeds in places.values())
    return End.FAILS if denied or 2 * sum(said) < len(said) else End.UNDECIDED


def opposite(end: End) -> End:
    """The end of the contrary claim."""
    return {End.HOLDS: End.FAILS, End.FAILS: End.HOLDS}.get(end, end)


def incomplete(end: End, silent: Collection[str], *, stands: Collection[End] = ()) -> End:
    """The end of a row where some of what it asks for has no value: undecided.

    Args:
        stands: ends that nothing still to come could change.
    """
    return end if not silent or end is End.NOT_RUN or end in stands else End.UNDECIDED


def together(ends: Sequence[End], need: Literal["all", "most"] = "all") -> End:
    """The end of a claim from those of its rows, see :mod:`latentdim.claims`."""
    counts = {end: ends.count(end) for end in End}
    if counts[End.NOT_RUN] == len(ends):
        return End.NOT_RUN
    if need == "most":
        holds = 2 * counts[End.HOLDS] > len(ends)
        fails = 2 * (len(ends) - counts[End.FAILS]) <= len(ends)
    else:
        holds, fails = counts[End.HOLDS] == len(ends), counts[End.FAILS] > 0
    return End.HOLDS if holds else End.FAILS if fails else End.UNDECIDED
