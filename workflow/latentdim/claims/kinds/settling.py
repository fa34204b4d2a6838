"""Kinds of check about columns of runs' histories: whether they settle, rise again, or lie apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, ClassVar

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from latentdim.claims import words
from latentdim.claims.caveats import by_caveat, caveats_of
from latentdim.claims.check import Alternatives, Check, Sizes
from latentdim.claims.ends import FEWEST_RUNS, Caveat, End, Row
from latentdim.claims.evidence import Evidence
from latentdim.claims.grid import Asked
from latentdim.claims.kinds.histories import EPOCH, Answer, Column, OfColumn, OfRuns, column, silent
from latentdim.outcomes.outcomes import Outcome
from latentdim.system.counting import counted

LONG_ENOUGH = 1.25  # times the epoch of a claim, a training has to go on to say that something settled by then


class Band(Check):
    """How close to its last value, or another one, counts as settled."""

    tolerance: NonNegativeFloat | None = Field(None, description="in the column's unit", examples=[0])
    relative: NonNegativeFloat | None = Field(None, description="instead: as a share of the column's last value")

    @model_validator(mode="after")
    def _one_tolerance(self) -> Band:
        if (self.tolerance is None) == (self.relative is None):
            raise ValueError("give exactly one of 'tolerance' and 'relative'")
        return self

    def band(self, found: Column) -> float:
        """The tolerance in the column's unit."""
        return self.tolerance if self.tolerance is not None else (self.relative or 0.0) * abs(found.final)


class Settles(OfColumn, Band):
    """After an epoch, a column stays within a tolerance of its last value (or of ``near``) until the end of the
    training; the epoch is a number, or the one in which another column changed for the last time, and it may come later
    by a share ``slack`` of the training. Trainings that end
    before 1.25 times the numbered epoch are undecided. By every run, see ``vote`` in :mod:`latentdim.claims.ends`.
    """

    kind: ClassVar[str] = "settles"

    after: PositiveInt | None = Field(None, description="epoch", examples=[50])
    once: str = Field("", description="instead of a number: the column whose last change gives the epoch")
    slack: float = Field(0.0, ge=0.0, le=1.0, description="share of the training by which it may settle later")
    near: float | None = Field(None, description="the value to stay near; the column's last where left out")

    @model_validator(mode="after")
    def _one_epoch(self) -> Settles:
        if (self.after is None) == (not self.once):
            raise ValueError("give exactly one of 'after' and 'once'")
        return self

    def named_columns(self) -> dict[str, str]:
        """The column, and the one that gives the epoch."""
        return super().named_columns() | ({"once": self.once} if self.once else {})

    @property
    def claimed(self) -> str:
        """The epoch."""
        near = "" if self.near is None else f" near {words.number(self.near)}"
        return f"settled{near} after {f'epoch {self.after}' if self.after else f'the last change of {self.once}'}"

    def marked(self) -> tuple[float, float] | None:
        """The epoch."""
        return (float(self.after), float(self.after)) if self.after else None

    def of(self, found: Column, evidence: Evidence, outcome: Outcome) -> Answer:
        """When it settled."""
        after = float(self.after or 0.0)
        if self.once:
            other = column(evidence, outcome, self.once)
            if other is None:
                return silent(evidence, outcome, self.once)
            after = other.settled(other.final, 0.0)
        elif found.last < LONG_ENOUGH * after:
            return Answer(None, f"trained for {found.last:g} epochs only")
        settled = found.settled(found.final if self.near is None else self.near, self.band(found))
        late = f"settled in epoch {settled:g}" if math.isfinite(settled) else "not settled at the end"
        last = f", {self.once} changed last in epoch {after:g}" if self.once else ""
        return Answer(
            settled <= after + self.slack * found.last, f"{late}{last}, last value {words.number(found.final)}"
        )


class StaysLowest(OfColumn):
    """At the end of the training, the mean of a column's last tenth of rows is at most a tolerance above the lowest
    mean of as many neighbouring rows: it didn't rise again. By every run.
    """

    kind: ClassVar[str] = "stays_lowest"

    relative: NonNegativeFloat = Field(0.02, description="how much of the lowest mean it may lie above that")
    epochs: PositiveInt = Field(1, description="undecided where the training has fewer epochs")

    @property
    def claimed(self) -> str:
        """The tolerance."""
        return f"at most {100 * self.relative:g} % above its lowest"

    def of(self, found: Column, evidence: Evidence, outcome: Outcome) -> Answer:
        """How far the end is above the lowest."""
        if found.last < self.epochs:
            return Answer(None, f"trained for {found.last:g} epochs only")
        width = max(len(found.values) // 10, 1)
        means = [sum(found.values[i : i + width]) / width for i in range(len(found.values) - width + 1)]
        lowest, at = min(means), found.epochs[means.index(min(means))]
        says = f"{words.number(means[-1])} at the end, lowest {words.number(lowest)} from epoch {at:g} on"
        return Answer(means[-1] - lowest <= self.relative * abs(lowest), says)


class Apart(OfRuns):
    """At the end of the training, one column is at least ``factor`` times another; trainings of fewer than ``epochs``
    epochs are undecided. By every run.
    """

    kind: ClassVar[str] = "apart"

    column: str = Field(description="of history.csv: the larger one")
    than: str = Field(description="the smaller column")
    factor: float = Field(gt=0.0, description="how many times", examples=[10])
    epochs: PositiveInt = Field(1, description="undecided where the training has fewer epochs")

    def named_columns(self) -> dict[str, str]:
        """Both columns."""
        return {"column": self.column, "than": self.than}

    @property
    def claimed(self) -> str:
        """The factor."""
        return f"{self.column} at least {words.number(self.factor)} times {self.than}"

    @property
    def shown(self) -> tuple[str, ...]:
        """Both columns."""
        return (self.column, self.than)

    def answer(self, evidence: Evidence, outcome: Outcome) -> Answer:
        """The ratio of the last values."""
        large, small = (column(evidence, outcome, name) for name in self.shown)
        if large is None or small is None:
            return silent(evidence, outcome, self.column if large is None else self.than)
        series = (large.series(self.column), small.series(self.than))
        if large.last < self.epochs:
            return Answer(None, f"trained for {large.last:g} epochs only", series)
        says = f"{words.number(large.final)} against {words.number(small.final)}"
        return Answer(large.final >= self.factor * small.final, says, series)


class SettlesLater(Check):
    """One label's column settles later than another's, in the sense of ``settles``; what settles only in the last fifth
    of its training hasn't. It holds where every run of the first settles after every run of the other, or hasn't yet,
    and fails where the other way round or together; fewer than two runs of a side, runs without the column, overlapping
    ones, and a side that hasn't settled where it should be the faster one, are undecided.
    """

    kind: ClassVar[str] = "settles_later"
    of_trained: ClassVar[bool] = False

    datasets: Annotated[tuple[Alternatives, ...], Field(min_length=1)] = Field(
        description="a row each; a list in place of a name holds stand-ins for its first"
    )
    label: str = Field(description="row label of the slower side")
    than: str = Field(description="row label of the other side")
    dims: Sizes = Field((), description="initial latent dimensions; all of the grid where empty")
    column: str = Field(description="of history.csv")
    relative: NonNegativeFloat = Field(0.02, description="share of the last value that counts as settled")

    def asked(self) -> Iterator[Asked]:
        """Both sides."""
        for index, datasets in enumerate(self.datasets):
            yield Asked(f"datasets.{index}", datasets)
            for key, label in (("label", self.label), ("than", self.than)):
                yield Asked(key, datasets, label)
                yield Asked("column", datasets, label, column=self.column)
                yield from (Asked(f"dims.{i}", datasets, label, dim) for i, dim in enumerate(self.dims))

    def rows(self, evidence: Evidence) -> Iterator[Row]:
        """One for each dataset."""
        for datasets in self.datasets:
            series, epochs, silent = [], [], []
            caveats: list[tuple[str, Iterable[Caveat]]] = []
            for label in (self.label, self.than):
                runs = evidence.runs(datasets, label, self.dims)
                found = {run.run.title: column(evidence, run, self.column) for run in runs}
                columns = [one for one in found.values() if one is not None]
                silent += [f"{title} (no {self.column})" for title, one in found.items() if one is None]
                caveats += [
                    (run.run.title, caveats_of(run, evidence.scale, trained=self.of_trained))
                    for run in runs if found[run.run.title] is not None
                ]  # fmt: skip
                epochs.append([self._settled(one) for one in columns])
                series += [one.series(label) for one in columns]
            marks = by_caveat(caveats)
            end, says = self.ending(self._end(*epochs), self._says(epochs), silent=silent, caveats=marks)
            yield Row(
                datasets[0], end, says, datasets[0], tuple(series), EPOCH, self.column, silent=tuple(silent),
                caveats=marks,
            )  # fmt: skip

    def _settled(self, found: Column) -> float:
        """The epoch, infinite where the training ended too soon to tell."""
        epoch = found.settled(found.final, self.relative * abs(found.final))
        return epoch if LONG_ENOUGH * epoch <= found.last else math.inf

    @staticmethod
    def _end(slow: Sequence[float], fast: Sequence[float]) -> End:
        if not slow or not fast:
            return End.NOT_RUN
        if min(len(slow), len(fast)) < FEWEST_RUNS:
            return End.UNDECIDED
        if min(slow) > max(fast):
            return End.HOLDS
        return End.FAILS if max(slow) <= min(fast) and math.isfinite(max(slow)) else End.UNDECIDED

    def _says(self, epochs: Sequence[Sequence[float]]) -> str:
        sides = zip((self.label, self.than), epochs, strict=True)
        return "; ".join(f"{label} {_settling(them)}" for label, them in sides)


def _settling(epochs: Sequence[float]) -> str:
    """``settles in epoch 20, 25 and hasn't settled by the end of 2 trainings``: the infinite ones."""
    settled = [f"{epoch:g}" for epoch in sorted(epochs) if math.isfinite(epoch)]
    never = len(epochs) - len(settled)
    texts = [f"settles in epoch {', '.join(settled)}"] if settled else []
    texts += [f"hasn't settled by the end of {counted(never, 'training')}"] if never else []
    return " and ".join(texts) or "has no run"
