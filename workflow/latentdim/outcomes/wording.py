"""Reasons in words, for whatever prints them."""

from __future__ import annotations

from latentdim.datasets.formats.local_copies import without_instructions
from latentdim.records.status import Kind, Reason

SAYS = {
    Kind.NOT_STARTED: "not started",
    Kind.RUNNING: "running now",
    Kind.INTERRUPTED: "interrupted; will continue where it stopped",
    Kind.TIME_LIMIT: "stopped at its job's time limit; will continue where it stopped",
    Kind.UNWRITABLE: "nothing can be written",
    Kind.DATA_REFUSED: "data refused",
    Kind.DATA_CHANGED: "the data have changed since",
    Kind.CODE_CHANGED: "the method's code has changed since, at the same declared version",
    Kind.NOT_MEASURED: "trained, but not measured yet",
    Kind.METRIC_FAILED: "measuring failed",
    Kind.POSTPONED: "to be timed again",
    Kind.AT_FLOOR: "at its floor",
}


def worded(reason: Reason | None) -> str:
    """A reason as the end of a sentence: ``killed after 9 of 10 minutes on node7``; empty where there is none."""
    if reason is None:
        return ""
    if reason.kind is Kind.KILLED:
        return f"killed {reason.detail}"
    text = ": ".join(part for part in (SAYS.get(reason.kind, ""), reason.detail) if part)
    if reason.replaced:
        status, said = reason.replaced
        return f"{text} (was {status}: {said})"
    return text


def briefly(reason: Reason | None) -> str:
    """The same for a footnote: what data to put where is told once, with what a report lacks."""
    absent = reason is not None and reason.kind is Kind.DATA_ABSENT
    return without_instructions(worded(reason)) if absent else worded(reason)
