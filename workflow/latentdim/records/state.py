"""How a run stands, from its folder alone: its record, else who is at it, else its journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from latentdim.records.folder import RunFolder
from latentdim.records.journal import inferred_end, last_failure
from latentdim.records.record import Record, RecordRefused, read_record
from latentdim.records.status import Kind, Reason, Status
from latentdim.system.files import hindrance, read_json
from latentdim.system.leases import holder_of


@dataclass(frozen=True)
class State:
    """What is known of a run from its folder alone.

    Attributes:
        record: of the last attempt that ended; there may be one of a failed attempt while another is running.
        running: a process holds the run right now.
        progress: the newest heartbeat.
    """

    status: Status
    reason: Reason | None = None
    record: Record | None = None
    running: bool = False
    progress: dict[str, Any] | None = None


def state_of(folder: RunFolder, *, leased: bool = False) -> State:
    """Read a run's state.

    Args:
        leased: the caller itself holds the run, so nobody is at it.
    """
    running = not leased and holder_of(folder.lease) is not None
    progress = read_json(folder.progress)
    try:
        record = read_record(folder)
    except RecordRefused as refusal:
        return State(Status.FAILED, Reason(Kind.RECORD_REFUSED, str(refusal)), None, running, progress)
    if record is not None and (record.status.finished or not running):
        recorded = Reason(Kind.RECORDED, record.reason) if record.reason else None
        return State(record.status, recorded, record, running, progress)
    if running:
        return State(Status.MISSING, Reason(Kind.RUNNING, _place(progress)), record, running, progress)
    try:
        status, reason = inferred_end(folder, progress)
        if status is Status.MISSING and (obstacle := hindrance(folder.path)):
            reason = Reason(Kind.UNWRITABLE, obstacle)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        status, reason = Status.FAILED, Reason(Kind.RECORD_REFUSED, f"{folder.journal} can't be read: {error!r}")
    return State(status, reason, record, running, progress)


def hindered(folder: RunFolder) -> str:
    """Why a trained run isn't measured: what ended its last attempt, or is in the way now; empty where nothing is."""
    return last_failure(folder) or hindrance(folder.path)


def _place(beat: dict[str, Any] | None) -> str:
    return f"step {beat['step']} of {beat['steps']}" if beat and "step" in beat else ""
