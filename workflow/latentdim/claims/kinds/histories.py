"""Columns of runs' histories, and what the kinds of check that ask each run have in common."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import Field

from latentdim.claims.caveats import by_caveat, caveats_of, limited
from latentdim.claims.check import OfCells
from latentdim.claims.ends import Caveat, End, Point, Row, Series, incomplete, vote
from latentdim.claims.evidence import Evidence, History
from latentdim.claims.grid import Asked
from latentdim.outcomes.outcomes import Outcome
from latentdim.system.counting import counted

EPOCH = "epoch"
MOST_DRAWN = 100  # rows of a column


@dataclass(frozen=True)
class Column:
    """One column of a history.

    Attributes:
        epochs: of the rows that have it, ascending, as how many were over; several rows of one epoch lie evenly in it.
        last: epoch in which the training ended.
    """

    epochs: tuple[float, ...]
    values: tuple[float, ...]
    last: float

    @property
    def final(self) -> float:
        """Its last value."""
        return self.values[-1]

    @property
    def lowest(self) -> float:
        """The epoch of its lowest value, the first where several are as low."""
        return self.epochs[self.values.index(min(self.values))]

    def settled(self, near: float, tolerance: float) -> float:
        """The first epoch from which on it stays within ``tolerance`` of ``near``; infinite where it doesn't."""
        outside = [i for i, value in enumerate(self.values) if not abs(value - near) <= tolerance]
        if not outside:
            return self.epochs[0]
        return math.inf if outside[-1] + 1 == len(self.values) else self.epochs[outside[-1] + 1]

    def series(self, name: str) -> Series:
        """As it is drawn: of many rows each so many-th, and the last."""
        rows, step = list(zip(self.epochs, self.values, strict=True)), math.ceil(len(self.values) / MOST_DRAWN)
        points = rows[(len(rows) - 1) % step :: step]
        return Series(name, tuple(Point(f"epoch {epoch:g}", epoch, (value,)) for epoch, value in points))


def column(evidence: Evidence, outcome: Outcome, name: str) -> Column | None:
    """A column of a run's history; None where there is none."""
    rows = evidence.history(outcome)
    pairs = [(at, row[name]) for at, row in zip(_places(rows), rows, strict=True) if name in row]
    pairs = [(at, value) for at, value in pairs if not math.isnan(value)]
    if not pairs:
        return None
    epochs, values = zip(*pairs, strict=True)
    return Column(epochs, values, rows[-1]["epoch"])


def _places(rows: History) -> Iterator[float]:
    """Where each row stands, in epochs: those of one epoch evenly over it, the last at its end."""
    counts = Counter(row["epoch"] for row in rows)
    seen: Counter[float] = Counter()
    for row in rows:
        epoch = row["epoch"]
        seen[epoch] += 1
        yield epoch - 1.0 + seen[epoch] / counts[epoch]


@dataclass(frozen=True)
class Answer:
    """What one run says.

    Attributes:
        yes: None where it decides nothing.
        says: why.
        there: it has what it was asked for.
    """

    yes: bool | None
    says: str
    series: tuple[Series, ...] = ()
    there: bool = True


class OfRuns(OfCells):
    """Base of the kinds that ask each run by its history, a row for each dataset and label.

    It holds where every run says yes, and fails where at some size two seeds or more all say no, or more than half of
    all runs do; fewer than two runs are undecided.
    """

    def asked(self) -> Iterator[Asked]:
        """All cells, with the columns."""
        yield from self.cells()
        for key, name in self.named_columns().items():
            for datasets in self.datasets:
                yield from (Asked(key, datasets, label, column=name) for label in self.labels)

    def named_columns(self) -> dict[str, str]:
        """The columns of a history that it can't do without, by their keys."""
        return {}

    def rows(self, evidence: Evidence) -> Iterator[Row]:
        """One for each dataset and label."""
        for datasets in self.datasets:
            for label in self.labels:
                yield self._row(evidence, datasets, label)

    def _row(self, evidence: Evidence, datasets: tuple[str, ...], label: str) -> Row:
        runs = evidence.runs(datasets, label, self.sizes(evidence, datasets, label))
        places: dict[str, list[bool]] = {}
        details, silent, series = [], [], []
        caveats: list[tuple[str, Sequence[Caveat]]] = []
        there = False
        for run in runs:
            size, name = f"L = {run.run.dim}", f"L = {run.run.dim}, seed {run.run.seed}"
            answer = self.answer(evidence, run)
            there |= answer.there
            own = tuple(caveats_of(run, evidence.scale, trained=self.of_trained)) if answer.there else ()
            caveats.append((size, own))
            series += [Series(f"{name}: {one.name}", one.points) for one in answer.series]
            if why := self._silenced(answer, own):
                silent.append(f"{name} ({why})")
            else:
                places.setdefault(size, []).append(bool(answer.yes))
                details.append(f"{name}: {answer.says}")
        end = incomplete(vote(places), silent) if places else End.UNDECIDED if there else End.NOT_RUN
        dataset = runs[0].run.cell.dataset.name if runs else datasets[0]
        notes = [f"on a stand-in for the paper's data: {dataset} in place of {datasets[0]}"] * (dataset != datasets[0])
        yeses = [yes for seeds in places.values() for yes in seeds]
        text = f"{sum(yeses)} of {counted(len(yeses), 'run')} as claimed: {self.claimed}"
        return Row(
            f"{label} on {dataset}", end, text, dataset, tuple(series), EPOCH, ", ".join(self.shown),
            span=self.marked(), notes=tuple(notes), details=tuple(details), silent=tuple(silent),
            caveats=by_caveat(caveats),
        )  # fmt: skip

    def _silenced(self, answer: Answer, caveats: Sequence[Caveat]) -> str:
        """Why a run decides nothing; empty where it does."""
        if answer.yes is None:
            return answer.says
        _, why = limited(End.HOLDS if answer.yes else End.FAILS, caveats, collapse_counts=self.collapse_counts)
        return f"{answer.says}; {why}" if why else ""

    def answer(self, evidence: Evidence, outcome: Outcome) -> Answer:
        """What one run says."""
        raise NotImplementedError

    @property
    def claimed(self) -> str:
        """What is claimed, in a few words."""
        raise NotImplementedError

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns that are drawn."""
        raise NotImplementedError

    def marked(self) -> tuple[float, float] | None:
        """The epochs that the claim names."""
        return None


class OfColumn(OfRuns):
    """Base of the kinds about one column."""

    column: str = Field(description="of history.csv")

    def named_columns(self) -> dict[str, str]:
        """The column."""
        return {"column": self.column}

    @property
    def shown(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def answer(self, evidence: Evidence, outcome: Outcome) -> Answer:
        """What the column says."""
        found = column(evidence, outcome, self.column)
        if found is None:
            return silent(evidence, outcome, self.column)
        answer = self.of(found, evidence, outcome)
        return Answer(answer.yes, answer.says, (found.series(self.column),))

    def of(self, found: Column, evidence: Evidence, outcome: Outcome) -> Answer:
        """What the column says, where there is one."""
        raise NotImplementedError


def silent(evidence: Evidence, outcome: Outcome, name: str) -> Answer:
    """What a run says whose history has no such column."""
    there = bool(evidence.history(outcome))
    why = f"its history has no column {name}" if there else f"{str(outcome.status).replace('_', ' ')}, no history"
    return Answer(None, why, there=there)
