"""How much of a study is there, and what is missing, failed or stale, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from latentdim.outcomes.outcomes import Outcome
from latentdim.outcomes.troubles import SharedReason, Trouble, by_reason, refusal_by
from latentdim.outcomes.wording import worded
from latentdim.records.status import Kind, Status


@dataclass(frozen=True)
class Completeness:
    """What a report could be made from.

    Attributes:
        done: runs that nothing would change: trained (or ended for a scientific reason) and measured.
        total: runs of the study.
        counts: runs by status, the most frequent first.
        troubles: every run and measurement that isn't ok, once each.
        exhibits: name and reason of each exhibit that couldn't be drawn.
        broken: names of those among them that wait for a bug, or for their study, to be mended.
    """

    done: int
    total: int
    counts: dict[str, int]
    troubles: tuple[Trouble, ...] = ()
    exhibits: tuple[tuple[str, str], ...] = ()
    broken: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Nothing is left to do: every run is done, and no exhibit waits to be mended."""
        return self.done == self.total and not self.broken

    @property
    def reasons(self) -> list[SharedReason]:
        """Each status and reason once, with the runs that it holds for."""
        return by_reason(self.troubles)

    def sentence(self) -> str:
        """One sentence for headings and logs."""
        runs = "run" if self.total == 1 else "runs"
        if self.done == self.total:
            text = f"All {self.total} {runs} of this study are done" if self.total > 1 else "The one run is done"
        else:
            text = f"{self.done} of {self.total} {runs} are done; this report is incomplete"
        worst = [f"{count} {name.replace('_', ' ')}" for name, count in self.counts.items() if name != Status.OK]
        undrawn = f" Not drawn: {', '.join(name for name, _ in self.exhibits)}." if self.exhibits else ""
        named = f" Not ok: {', '.join(worst)}." if worst else ""
        return f"{text}.{named}{undrawn}"


def completeness(
    outcomes: Sequence[Outcome], undrawn: Sequence[tuple[str, str]] = (), broken: Sequence[str] = ()
) -> Completeness:
    """Count what is there.

    Args:
        outcomes: of every run of the plan.
        undrawn: name and reason of exhibits that couldn't be drawn.
        broken: names of those among them that wait for a bug, or for their study, to be mended.
    """
    counts = Counter(str(outcome.status) for outcome in outcomes)
    return Completeness(
        done=sum(outcome.done for outcome in outcomes),
        total=len(outcomes),
        counts=dict(counts.most_common()),
        troubles=tuple(trouble for outcome in outcomes for trouble in _troubles(outcome)),
        exhibits=tuple(undrawn),
        broken=tuple(broken),
    )


def _troubles(outcome: Outcome) -> list[Trouble]:
    """The run's own trouble, then those of measurements that have another."""
    run = outcome.run
    place = (run.cell.dataset.name, run.cell.label, run.dim, run.seed)
    troubles = [] if outcome.status is Status.OK else [Trouble(*place, outcome.status, worded(outcome.reason))]
    for measurement in outcome.measurements:
        if measurement.status is not Status.OK and measurement.reason:
            title, refused = measurement.requested.metric.title, measurement.reason.kind is Kind.METRIC_REFUSED
            reason = f"{title}{':' if refused else ','} {worded(measurement.reason)}"
            refusal = refusal_by(measurement.requested.metric) if refused else ""
            troubles.append(Trouble(*place, measurement.status, reason, refusal))
    return troubles
