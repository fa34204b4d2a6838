"""What limits how far the runs behind some evidence may decide a claim. The one home of that rule.

Whatever the kind of check,

- a training that isn't known to have converged decides nothing: its reconstruction term still fell by more than 1 %
  over its last tenth, or its history is too short to tell, or has no such term. Claims about costs, about when
  dimensions go and about which of two trainings settles first don't ask for it, nor does what tells of the machine
  alone. At the papers' scale a training is as long as the paper's, so its end counts whatever it is, and the caveat is
  told;
- a run that collapsed or diverged may deny a claim but not uphold it: with no dimension left all values are alike,
  small and steady by themselves. Where failing is what is claimed, ``collapse_counts: true`` lets it do both.

A row that would end otherwise is undecided and says why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from latentdim.claims.ends import Caveat, Caveats, End
from latentdim.outcomes.outcomes import Outcome
from latentdim.records.history import CONVERGED
from latentdim.records.status import Status
from latentdim.study.scale import PAPER


def caveats_of(outcome: Outcome, scale: str, *, trained: bool = True) -> Iterator[Caveat]:
    """What is to be known of one run.

    Args:
        trained: what is looked at depends on how far the training got.
    """
    if outcome.status is Status.COLLAPSED:
        yield Caveat.COLLAPSED
    if outcome.status is Status.DIVERGED:
        yield Caveat.DIVERGED
    elif trained:
        yield from _of_length(outcome, scale)
    if outcome.status is Status.STALE:
        yield Caveat.STALE


def _of_length(outcome: Outcome, scale: str) -> Iterator[Caveat]:
    """Whether a training was long enough; nothing where there was none, or the model was worked out in closed form."""
    record = outcome.record
    if record is None or not record.timing.steps:
        return
    if record.late_improvement is None and scale != PAPER:
        yield Caveat.UNTOLD
    if record.late_improvement is not None and record.late_improvement > CONVERGED:
        yield Caveat.UNCONVERGED_AS_PRINTED if scale == PAPER else Caveat.UNCONVERGED


def by_caveat(named: Iterable[tuple[str, Iterable[Caveat]]]) -> Caveats:
    """The places of each caveat, each once, in the order of :class:`Caveat`."""
    places: dict[Caveat, dict[str, None]] = {}
    for name, caveats in named:
        for caveat in caveats:
            places.setdefault(caveat, {})[name] = None
    return {caveat: tuple(places[caveat]) for caveat in Caveat if caveat in places}


def limited(end: End, caveats: Collection[Caveat], *, collapse_counts: bool = False) -> tuple[End, str]:
    """The end that the rule above leaves of another one, and why it isn't that; the reason is empty where it is."""
    if end in {End.HOLDS, End.FAILS} and not {Caveat.UNCONVERGED, Caveat.UNTOLD}.isdisjoint(caveats):
        return End.UNDECIDED, "a training that isn't known to have converged decides nothing"
    if end is End.HOLDS and not collapse_counts and not {Caveat.COLLAPSED, Caveat.DIVERGED}.isdisjoint(caveats):
        return End.UNDECIDED, "a run that collapsed or diverged can't uphold a claim"
    return end, ""
