"""Kinds of check about when something happens in a training."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from latentdim.claims import words
from latentdim.claims.ends import Series
from latentdim.claims.evidence import Evidence
from latentdim.claims.kinds.histories import Answer, Column, OfColumn, OfRuns, column, silent
from latentdim.outcomes.outcomes import Outcome
from latentdim.records.status import Status
from latentdim.registry.declarations import Strict


class Collapses(OfColumn):
    """A run has no active dimension left by an epoch: its column, ``active`` where none is named, is 0 there and stays
    so. A run whose history has no such column says yes where its status is ``collapsed`` and no epoch is named. A
    training that ends before the epoch without a collapse is undecided. By every run.
    """

    kind: ClassVar[str] = "collapses"
    of_trained: ClassVar[bool] = False

    collapse_counts: bool = Field(True, description="a collapsed run upholds it, since that is what is claimed")
    column: str = Field("active", description="of history.csv: a count of active dimensions")
    by: PositiveInt | None = Field(None, description="epoch; any time where left out", examples=[30])

    @property
    def claimed(self) -> str:
        """The epoch."""
        return f"collapsed by epoch {self.by}" if self.by else "collapsed"

    def named_columns(self) -> dict[str, str]:
        """None: a run without the column is asked for its status."""
        return {}

    def marked(self) -> tuple[float, float] | None:
        """The epoch."""
        return (1.0, float(self.by)) if self.by else None

    def answer(self, evidence: Evidence, outcome: Outcome) -> Answer:
        """By the column, else by the status."""
        answer = super().answer(evidence, outcome)
        if answer.yes is None and not answer.series and outcome.status.has_model:
            collapsed = outcome.status is Status.COLLAPSED
            if not collapsed or self.by is None:
                return Answer(collapsed, f"the run is {outcome.status}")
        return answer

    def of(self, found: Column, evidence: Evidence, outcome: Outcome) -> Answer:
        """When the last dimension went."""
        if found.final != 0:
            short = self.by is not None and found.last < self.by
            says = f"{words.number(found.final)} left at the end, epoch {found.last:g}"
            return Answer(None if short else False, says)
        epoch = found.settled(0.0, 0.0)
        return Answer(self.by is None or epoch <= self.by, f"none left from epoch {epoch:g} on")


class Event(Strict):
    """Something that happens in a training, by its epoch.

    ``lowest`` and ``highest`` last as long as the column stays within ``tolerance`` of that value around it, ``turn``
    is a lowest value that isn't the last, ``change`` the column's last change, and ``told`` a column that itself holds
    the epoch (0: it didn't happen).
    """

    what: Literal["lowest", "highest", "turn", "change", "told"] = Field(description="which event")
    column: str = Field(description="of history.csv")
    tolerance: NonNegativeFloat = Field(
        0.0, description="share of the column's range over the training by which lowest and highest may be missed"
    )

    def epochs(self, found: Column) -> tuple[float, float] | None:
        """First and last epoch of the event; None where it didn't happen."""
        if self.what == "told":
            return (found.final, found.final) if found.final > 0 else None
        if self.what == "change":
            at = found.settled(found.final, 0.0)
            return None if at == found.epochs[0] else (at, at)
        sign = -1.0 if self.what == "highest" else 1.0
        values = [sign * value for value in found.values]
        index = values.index(min(values))
        if self.what == "turn" and index + 1 == len(values):
            return None
        limit = min(values) + self.tolerance * (max(values) - min(values))
        first = last = index
        while first > 0 and values[first - 1] <= limit:
            first -= 1
        while last + 1 < len(values) and values[last + 1] <= limit:
            last += 1
        return found.epochs[first], found.epochs[last]

    @property
    def title(self) -> str:
        """In a few words."""
        words_of = {"told": "", "change": "last change of ", "turn": "turn of "}
        return f"{words_of.get(self.what, f'{self.what} ')}{self.column}"


class Coincides(OfRuns):
    """Two events of a training are at most so many epochs apart: the first comes at least ``earliest`` and at most
    ``latest`` epochs after the second (before it, where negative), lasting ones counted from their nearer ends. A run
    in which one of them doesn't happen is undecided. By every run.
    """

    kind: ClassVar[str] = "coincides"

    first: Event = Field(description="an event", examples=[{"what": "told", "column": "stopped_epoch"}])
    second: Event = Field(description="another", examples=[{"what": "lowest", "column": "stop_reconstruction"}])
    earliest: int = Field(description="epochs from the second to the first, at least", examples=[-10])
    latest: int = Field(description="epochs from the second to the first, at most", examples=[10])

    def named_columns(self) -> dict[str, str]:
        """Both events'."""
        return {"first.column": self.first.column, "second.column": self.second.column}

    @property
    def claimed(self) -> str:
        """The limits."""
        return f"{self.first.title} {self.earliest} to {self.latest} epochs after {self.second.title}"

    @property
    def shown(self) -> tuple[str, ...]:
        """The second's column, whose curve tells."""
        return (self.second.column,)

    def answer(self, evidence: Evidence, outcome: Outcome) -> Answer:
        """How far apart they are."""
        spans, series = [], tuple[Series, ...]()
        for event in (self.first, self.second):
            found = column(evidence, outcome, event.column)
            if found is None:
                return silent(evidence, outcome, event.column)
            series = (found.series(event.column),)
            span = event.epochs(found)
            if span is None:
                return Answer(None, f"no {event.title}", series)
            spans.append(span)
        (begin, end), (low, high) = spans
        after = max(begin - high, 0.0) or min(end - low, 0.0)  # 0 where they overlap
        says = f"{self.first.title} at {words.interval(begin, end)}, {self.second.title} at {words.interval(low, high)}"
        return Answer(self.earliest <= after <= self.latest, says, series)
