"""What a run left: its status, its journal of attempts, and where each file of it lies.

The run's folder is the only truth. It holds::

    record.json            status, reason, settings, environment, timing
    model.safetensors      the trained weights
    history.csv            loss terms and whatever the method observes, over training
    metrics/<file>.json    one value each, by name and version
    examples-<hash>.safetensors  a few originals, reconstructions and samples, by evaluation setting
    origin.json            data and code that the unfinished training belongs to
    samples.png            the same samples as a picture, for image data
    best.safetensors       the weights with the lowest validation loss, where one is measured
    epochs/<n>.safetensors the weights after n epochs, where the study has them evaluated
    checkpoint.safetensors while training only
    stages/<name>/         checkpoint and history of a further training inside the run
    progress.json          the newest heartbeat
    journal.jsonl          one line when an attempt starts, one when it ends
    log.txt                what its attempts said
    lease                  who is writing here
"""

from __future__ import annotations

import csv
import os
import shutil
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from latentdim.system.files import append_line, read_json, read_lines, write_json
from latentdim.system.leases import holder_of

SCHEMA = 1
MEMORY_NEAR_LIMIT = 0.9


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


@dataclass(frozen=True)
class RunFolder:
    """The files of one run."""

    path: Path

    @property
    def record(self) -> Path:
        """Status, settings, environment, timing."""
        return self.path / "record.json"

    @property
    def model(self) -> Path:
        """The trained weights."""
        return self.path / "model.safetensors"

    @property
    def checkpoint(self) -> Path:
        """The training's state, while it runs."""
        return self.path / "checkpoint.safetensors"

    @property
    def best(self) -> Path:
        """The weights with the lowest validation loss, where one is measured."""
        return self.path / "best.safetensors"

    def epoch(self, epochs: int) -> Path:
        """The weights after so many epochs, where they are kept."""
        return self.path / "epochs" / f"{epochs}.safetensors"

    @property
    def kept_epochs(self) -> list[int]:
        """After how many epochs weights are kept, ascending."""
        return sorted(int(path.stem) for path in (self.path / "epochs").glob("*.safetensors"))

    def stage(self, name: str) -> RunFolder:
        """Folder of a further training inside the run."""
        return RunFolder(self.path / "stages" / name)

    @property
    def history(self) -> Path:
        """Loss terms over training."""
        return self.path / "history.csv"

    def examples(self, file: str) -> Path:
        """A few originals, reconstructions and samples, in the data's own units."""
        return self.path / file

    @property
    def origin(self) -> Path:
        """Data and code that an unfinished training belongs to."""
        return self.path / "origin.json"

    @property
    def journal(self) -> Path:
        """Attempts."""
        return self.path / "journal.jsonl"

    @property
    def log(self) -> Path:
        """What its attempts said."""
        return self.path / "log.txt"

    @property
    def progress(self) -> Path:
        """The newest heartbeat."""
        return self.path / "progress.json"

    @property
    def lease(self) -> Path:
        """Who writes here."""
        return self.path / "lease"

    def empty(self) -> None:
        """Remove what a run left, its journal, log and lease apart."""
        for path in self.path.iterdir():
            if path.name not in {"lease", "journal.jsonl", "log.txt"}:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def metric(self, file: str) -> Path:
        """One metric's file."""
        return self.path / "metrics" / file


@dataclass(frozen=True)
class State:
    """What is known of a run from its folder alone."""

    status: Status
    reason: str = ""
    running: bool = False
    progress: dict[str, Any] | None = None
    record: dict[str, Any] | None = None


def state_of(folder: RunFolder) -> State:
    """Read a run's state. A killed process writes nothing, so its end is inferred from its journal."""
    record = read_json(folder.record)
    holder = holder_of(folder.lease)
    progress = read_json(folder.progress)
    if holder is not None:
        return State(Status.MISSING, "", True, progress, record)
    if record is not None:
        return State(Status(record["status"]), record.get("reason", ""), False, progress, record)
    return _inferred(read_lines(folder.journal), progress)


def _inferred(journal: list[dict[str, Any]], progress: dict[str, Any] | None) -> State:
    started = [line for line in journal if line["event"] == "start"]
    ended = [line for line in journal if line["event"] == "end"]
    if not started or len(ended) >= len(started):
        return State(
            Status.MISSING,
            "not started" if not started else "interrupted; will continue where it stopped",
            False,
            progress,
        )
    last = started[-1]
    beat = (
        progress
        if progress and progress.get("attempt") == last.get("attempt")
        else {"time": last["time"], "memory_mb": 0}
    )
    minutes = (
        beat["time"] - last.get("job_started", last["time"])
    ) / 60  # the limit is the job's, which carries several
    limits = last.get("limits", {})
    where = f"on {last.get('host')}" + (f", job {last['job']}" if last.get("job") else "")
    if limits.get("minutes") and minutes >= 0.9 * limits["minutes"]:
        return State(
            Status.TIMED_OUT, f"killed after {minutes:.0f} of {limits['minutes']:.0f} minutes {where}", False, progress
        )
    if limits.get("memory_mb") and beat.get("memory_mb", 0) >= MEMORY_NEAR_LIMIT * limits["memory_mb"]:
        return State(
            Status.OUT_OF_MEMORY,
            f"killed at {beat['memory_mb']:.0f} of {limits['memory_mb']:.0f} MB {where}",
            False,
            progress,
        )
    return State(Status.FAILED, f"killed without a word {where}; the next invocation continues it", False, progress)


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


def write_record(folder: RunFolder, *, status: Status, reason: str, **content: Any) -> None:
    """Write the record whole."""
    write_json(folder.record, {"schema": SCHEMA, "status": str(status), "reason": reason, **content})


def read_history(folder: RunFolder) -> list[dict[str, float]]:
    """The rows of a run's history; empty cells are left out."""
    if not folder.history.exists():
        return []
    with folder.history.open(newline="", encoding="utf-8") as handle:
        return [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(handle)]
