"""What a job is told beside its plan, by the command line or by whoever starts it. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """How a job goes about its runs; none of it can change a number.

    Attributes:
        device: instead of the study's ``execution.device``.
        attempt: 1, or more where the scheduler tries the job again within one invocation.
        minutes: time limit that the scheduler set, for the journal; 0 where there is none.
        memory_mb: memory limit that the scheduler set, likewise.
        wait_seconds: how long to wait, a GPU in hand, for runs that another process holds.
        checkpoint_seconds: how often a training's state is saved.
        stamp: file to write once all runs are up to date, or it is recorded why they aren't.
    """

    device: Literal["auto", "cpu", "cuda"] | None = None
    attempt: int = 1
    minutes: float = 0.0
    memory_mb: float = 0.0
    wait_seconds: float = 60.0
    checkpoint_seconds: float = 30.0
    stamp: Path | None = None

    @property
    def limits(self) -> dict[str, float]:
        """The limits that there are, by name."""
        return {name: value for name in ("minutes", "memory_mb") if (value := getattr(self, name))}
