"""What the searches of a study found, and what it cost them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from latentdim.outcomes.outcomes import Outcome, asked_for
from latentdim.plan.plan import Plan
from latentdim.plan.search import Search
from latentdim.searches.replay import Progress
from latentdim.system.counting import counted


@dataclass(frozen=True)
class SearchOutcome:
    """What became of one search.

    Attributes:
        asked: the outcomes of the sizes that it asked for, in that order; each is a training of its own, whoever else
            asked for it.
    """

    search: Search
    progress: Progress
    asked: tuple[Outcome, ...]

    @property
    def trainings(self) -> int:
        """How many of the sizes are trained."""
        return sum(outcome.settled for outcome in self.asked)

    @property
    def seconds(self) -> float:
        """What training them took, in all processes."""
        return sum(outcome.record.timing.train_seconds for outcome in self.asked if outcome.record)

    @property
    def not_asked_for(self) -> tuple[int, ...]:
        """The sizes that it could have asked for and, so far, didn't: nothing is missing there."""
        return tuple(dim for dim in self.search.dims.candidates if dim not in self.progress.asked)

    def sentence(self) -> str:
        """What it found, in a line for logs and ``status``."""
        if self.progress.next is not None:
            end = f"waits for L = {self.progress.next}"
        elif self.progress.settled is None:
            end = "no size has a value"
        else:
            end = f"settles on L = {self.progress.settled}"
        cost = f"{counted(self.trainings, 'training')} in {self.seconds:.0f} s"
        return f"{self.search.title}: {end}, {cost}, {counted(len(self.not_asked_for), 'size')} not asked for"


def search_outcomes(plan: Plan, read: Sequence[Outcome]) -> list[SearchOutcome]:
    """What became of each search of the plan.

    Args:
        read: the outcomes of the plan.
    """
    by_path = {outcome.run.path: outcome for outcome in read}
    found = []
    for search in plan.searches:
        progress = asked_for(search, lambda run: by_path[run.path])
        asked = tuple(by_path[search.at(dim).path] for dim in progress.asked)
        found.append(SearchOutcome(search, progress, asked))
    return found
