"""Progress of a run: a heartbeat file for whoever asks, and a line for whoever reads the log."""

from __future__ import annotations

import resource
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from latentdim.system.files import write_json
from latentdim.system.problems import NotWritten

BEAT_SECONDS = 1.0
LINE_SECONDS = 10.0


@dataclass
class Progress:
    """Told after each step how far a run is; writes now and then.

    Attributes:
        title: the run, for the log.
        path: where heartbeats go; None keeps silent.
        log: the run's own log, which gets every line too.
        attempt: number of the attempt in the journal.
    """

    title: str = ""
    path: Path | None = None
    log: Path | None = None
    attempt: int = 0
    started: float = field(default_factory=time.monotonic)
    first_step: int | None = None
    last_beat: float = 0.0
    last_line: float = 0.0
    loss: float | None = None

    def step(self, step: int, total: int, *, epoch: int, epochs: int) -> None:
        """Record that ``step`` of ``total`` is done."""
        now = time.monotonic()
        if self.first_step is None:
            self.first_step, self.started = step, now
        if self.path is None or (now - self.last_beat < BEAT_SECONDS and step < total):
            return
        self.last_beat = now
        left = (now - self.started) / max(step - self.first_step, 1) * (total - step)
        with suppress(NotWritten):  # it only tells; what a full disk costs is told when something is to be kept
            write_json(self.path, self._beat(step, total, epoch, epochs, left))
        if now - max(self.last_line, self.started) >= LINE_SECONDS or step == total:
            self.last_line = now
            loss = "" if self.loss is None else f"  loss {self.loss:.4g}"
            left_text = f"{int(left) // 60}:{int(left) % 60:02d} left"
            place = f"epoch {epoch}/{epochs}  step {step}/{total}"
            say(f"train  {self.title}  {place}{loss}  {left_text}", log=self.log)

    def _beat(self, step: int, total: int, epoch: int, epochs: int, left: float) -> dict[str, Any]:
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {
            "time": time.time(), "attempt": self.attempt, "step": step, "steps": total, "epoch": epoch,
            "epochs": epochs, "loss": self.loss, "seconds_left": round(left, 1), "memory_mb": round(memory),
        }  # fmt: skip


def say(line: str, *, log: Path | None = None) -> None:
    """One line of progress to the standard error stream, and to a run's own log; where either is full, it lacks."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)
    if log is not None:
        with suppress(OSError), log.open("a", encoding="utf-8") as handle:
            handle.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {line}\n")
