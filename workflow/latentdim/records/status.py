"""How a run or a measurement stands, and why: a status, and a reason in parts, worded only where it is printed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a run ended; never free text."""

    OK = "ok"
    COLLAPSED = "collapsed"
    DIVERGED = "diverged"
    OUT_OF_MEMORY = "out_of_memory"
    TIMED_OUT = "timed_out"
    FAILED = "failed"
    MISSING = "missing"
    STALE = "stale"

    @property
    def finished(self) -> bool:
        """A scientific outcome: a number, or a model that can't give one. Never tried again."""
        return self in {Status.OK, Status.COLLAPSED, Status.DIVERGED}

    @property
    def has_model(self) -> bool:
        """There is a trained model to measure, be it a collapsed or a stale one."""
        return self in {Status.OK, Status.COLLAPSED, Status.STALE}


class Kind(StrEnum):
    """What sort of reason it is; most say all there is to say."""

    RECORDED = "recorded"  # what the record says of how the run ended
    RECORD_REFUSED = "record_refused"
    NOT_STARTED = "not_started"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    TIME_LIMIT = "time_limit"
    KILLED = "killed"
    UNRECORDED = "unrecorded"  # the journal says how it ended; no record could be written
    UNWRITABLE = "unwritable"
    DATA_ABSENT = "data_absent"
    DATA_REFUSED = "data_refused"
    DATA_CHANGED = "data_changed"
    CODE_CHANGED = "code_changed"
    NOT_MEASURED = "not_measured"
    METRIC_REFUSED = "metric_refused"
    METRIC_FAILED = "metric_failed"
    WEIGHTS_ABSENT = "weights_absent"  # of a network that isn't ours
    POSTPONED = "postponed"  # a timing that another run disturbed
    AT_FLOOR = "at_floor"  # a value is there, as chance or the estimator's bias gives it
    WARNING = "warning"  # a value is there, to be taken with care


@dataclass(frozen=True)
class Reason:
    """Why something stands as it does.

    Attributes:
        detail: what the kind leaves open, in the words of whoever found it; often empty.
        replaced: status and words of the record that this reason overrules.
    """

    kind: Kind
    detail: str = ""
    replaced: tuple[Status, str] | None = None
