"""The journal of a run's attempts. A killed process writes nothing, so its end is inferred from what it began."""

from __future__ import annotations

import os
import time
from typing import Any

from latentdim.records.folder import RunFolder
from latentdim.records.status import Kind, Reason, Status
from latentdim.system.files import append_line, read_lines

TIME_NEAR_LIMIT = 0.9
MEMORY_NEAR_LIMIT = 0.9


def start_attempt(folder: RunFolder, *, limits: dict[str, float], job_started: float | None = None) -> int:
    """Append the start of an attempt to the journal and return its number."""
    now = time.time()
    attempt = 1 + sum(line["event"] == "start" for line in read_lines(folder.journal))
    host, job = os.uname().nodename, os.environ.get("SLURM_JOB_ID", "")
    line = {
        "event": "start", "attempt": attempt, "time": now, "job_started": job_started or now, "host": host,
        "pid": os.getpid(), "job": job, "limits": limits,
    }  # fmt: skip
    append_line(folder.journal, line)
    return attempt


def end_attempt(folder: RunFolder, attempt: int, outcome: str) -> None:
    """Append the end of an attempt."""
    append_line(folder.journal, {"event": "end", "attempt": attempt, "time": time.time(), "outcome": outcome})


def inferred_end(folder: RunFolder, progress: dict[str, Any] | None) -> tuple[Status, Reason]:
    """How a run without a record stands, from its journal and its newest heartbeat."""
    lines = read_lines(folder.journal)
    started = [line for line in lines if line["event"] == "start"]
    ended = [line for line in lines if line["event"] == "end"]
    if not started:
        return Status.MISSING, Reason(Kind.NOT_STARTED)
    if len(ended) >= len(started):
        return Status.MISSING, Reason(Kind.INTERRUPTED)
    last = started[-1]
    beats = progress is not None and progress.get("attempt") == last.get("attempt")
    status, after = _killed(last, progress if progress and beats else {"time": last["time"], "memory_mb": 0})
    where = f"on {last.get('host')}" + (f", job {last['job']}" if last.get("job") else "")
    if status is Status.FAILED:
        return status, Reason(Kind.KILLED, f"without a word {where}; the next invocation continues it")
    return status, Reason(Kind.KILLED, f"{after} {where}")


def _killed(start: dict[str, Any], beat: dict[str, Any]) -> tuple[Status, str]:
    """Which limit an attempt was near when it was last heard of; the time limit is the job's, which carries several."""
    limits, memory = start.get("limits", {}), beat.get("memory_mb", 0)
    minutes = (beat["time"] - start.get("job_started", start["time"])) / 60
    if limits.get("minutes") and minutes >= TIME_NEAR_LIMIT * limits["minutes"]:
        return Status.TIMED_OUT, f"after {minutes:.0f} of {limits['minutes']:.0f} minutes"
    if limits.get("memory_mb") and memory >= MEMORY_NEAR_LIMIT * limits["memory_mb"]:
        return Status.OUT_OF_MEMORY, f"at {memory:.0f} of {limits['memory_mb']:.0f} MB"
    return Status.FAILED, ""
