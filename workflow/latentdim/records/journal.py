"""The journal of a run's attempts: when each began, how it ended and by what.

A killed process writes nothing, so its end is inferred from what it began. A process on a full disk can't write much
else, so an attempt begins by writing the room for the line that ends it.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from latentdim.records.folder import RunFolder
from latentdim.records.status import Kind, Reason, Status
from latentdim.system.files import append_line, read_lines

TIME_NEAR_LIMIT = 0.9
MEMORY_NEAR_LIMIT = 0.9
ROOM = 4096  # bytes for the line that ends an attempt
LONGEST_REASON = 500  # characters, each of which takes up to six of these bytes


class Cause(StrEnum):
    """What ended an attempt before the run was done; empty where nothing did."""

    NONE = ""
    SIGNAL = "signal"
    TIME = "time"  # a signal at the job's time limit
    MEMORY = "memory"
    IMPORT = "import"  # code that a declaration names can't be imported
    BUG = "bug"
    WRITE = "write"  # something couldn't be written


def start_attempt(folder: RunFolder, *, limits: dict[str, float], job_started: float | None = None) -> int:
    """Append the start of an attempt to the journal and return its number."""
    now = time.time()
    attempt = 1 + sum(line["event"] == "start" for line in read_lines(folder.journal))
    host, job = os.uname().nodename, os.environ.get("SLURM_JOB_ID", "")
    line = {
        "event": "start", "attempt": attempt, "time": now, "job_started": job_started or now, "host": host,
        "pid": os.getpid(), "job": job, "limits": limits, "gpu": os.environ.get("CUDA_VISIBLE_DEVICES", ""),
        "log": _log(),
    }  # fmt: skip
    append_line(folder.journal, line, room=ROOM)
    return attempt


def _log() -> str:
    """The file that this process's standard error stream goes to; empty where it is none."""
    try:
        path = Path("/proc/self/fd/2").readlink()
    except OSError:
        return ""
    return str(path) if path.is_file() else ""


@dataclass(frozen=True)
class Attempt:
    """An attempt at a run, where and how far it got.

    Attributes:
        started: in seconds since 1970.
        host: the machine.
        job: Slurm's number of it, with which its requeued and repeated starts have one number or several.
        gpu: as ``CUDA_VISIBLE_DEVICES`` named it.
        log: of the job, which may carry other runs too.
        outcome: the run's status, or ``interrupted``; empty while it runs and where it was killed.
        reason: in a sentence.
        ended: in seconds since 1970, if it did.
    """

    number: int
    started: float
    host: str
    job: str = ""
    gpu: str = ""
    log: str = ""
    outcome: str = ""
    reason: str = ""
    ended: float | None = None


def attempts(folder: RunFolder) -> list[Attempt]:
    """A run's attempts in the order of the journal; lines that were changed by hand are left out."""
    lines = read_lines(folder.journal)
    ends = {line.get("attempt"): line for line in lines if line.get("event") == "end"}
    made = []
    for line in lines:
        if line.get("event") == "start" and {"attempt", "time"} <= line.keys():
            end = ends.get(line["attempt"], {})
            where = {name: str(line.get(name, "")) for name in ("host", "job", "gpu", "log")}
            told = {"outcome": str(end.get("outcome", "")), "reason": str(end.get("reason", ""))}
            made.append(Attempt(line["attempt"], float(line["time"]), **where, **told, ended=end.get("time")))
    return made


def end_attempt(folder: RunFolder, attempt: int, outcome: str, *, cause: Cause = Cause.NONE, reason: str = "") -> None:
    """Append the end of an attempt.

    Args:
        outcome: the run's status, or ``interrupted``.
        reason: in a sentence, where something kept the run from being done.
    """
    line = {
        "event": "end", "attempt": attempt, "time": time.time(), "outcome": outcome, "cause": cause,
        "reason": reason[:LONGEST_REASON],
    }  # fmt: skip
    append_line(folder.journal, line)


def last_failure(folder: RunFolder) -> str:
    """Why the newest attempt didn't bring the run up to date, in a sentence; empty where it did or is under way."""
    last = (read_lines(folder.journal) or [{}])[-1]
    failed = last.get("event") == "end" and last.get("outcome") == Status.FAILED
    return str(last.get("reason", "")) if failed else ""


def inferred_end(folder: RunFolder, progress: dict[str, Any] | None) -> tuple[Status, Reason]:
    """How a run without a record stands, from its journal and its newest heartbeat."""
    lines = read_lines(folder.journal)
    started = [line for line in lines if line["event"] == "start"]
    ended = [line for line in lines if line["event"] == "end"]
    if not started:
        return Status.MISSING, Reason(Kind.NOT_STARTED)
    if len(ended) >= len(started):
        return _without_record(ended[-1])
    last = started[-1]
    beats = progress is not None and progress.get("attempt") == last.get("attempt")
    status, after = _killed(last, progress if progress and beats else {"time": last["time"], "memory_mb": 0})
    where = f"on {last.get('host')}" + (f", job {last['job']}" if last.get("job") else "")
    if status is Status.FAILED:
        return status, Reason(Kind.KILLED, f"without a word {where}; the next invocation continues it")
    return status, Reason(Kind.KILLED, f"{after} {where}")


def _without_record(end: dict[str, Any]) -> tuple[Status, Reason]:
    """How a run stands whose last attempt ended by itself and left no record."""
    outcome, reason = end.get("outcome"), str(end.get("reason", ""))
    if outcome == "interrupted":
        limit = end.get("cause") == Cause.TIME
        return (Status.TIMED_OUT, Reason(Kind.TIME_LIMIT)) if limit else (Status.MISSING, Reason(Kind.INTERRUPTED))
    if outcome in {Status.OK, Status.COLLAPSED, Status.DIVERGED}:
        return Status.MISSING, Reason(Kind.NOT_STARTED, "its record was removed")
    status = Status.OUT_OF_MEMORY if outcome == Status.OUT_OF_MEMORY else Status.FAILED
    return status, Reason(Kind.UNRECORDED, reason or "ended by an error; the next invocation tries it again")


def _killed(start: dict[str, Any], beat: dict[str, Any]) -> tuple[Status, str]:
    """Which limit an attempt was near when it was last heard of; the time limit is the job's, which carries several."""
    limits, memory = start.get("limits", {}), beat.get("memory_mb", 0)
    minutes = (beat["time"] - start.get("job_started", start["time"])) / 60
    if limits.get("minutes") and minutes >= TIME_NEAR_LIMIT * limits["minutes"]:
        return Status.TIMED_OUT, f"after {minutes:.0f} of {limits['minutes']:.0f} minutes"
    if limits.get("memory_mb") and memory >= MEMORY_NEAR_LIMIT * limits["memory_mb"]:
        return Status.OUT_OF_MEMORY, f"at {memory:.0f} of {limits['memory_mb']:.0f} MB"
    return Status.FAILED, ""
