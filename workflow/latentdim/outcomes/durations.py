"""How long runs took against the plan's estimate, by finished records of like runs.

It may change limits and what is said to be left, never which runs make a job: that must come out the same whatever is
finished.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from latentdim.outcomes.outcomes import Outcome
from latentdim.plan.run import Run
from latentdim.records.record import Record

Like = tuple[str, str, str]


def like(run: Run, device: str) -> Like:
    """What runs have in common whose times are to be compared: data, row of the table, and kind of device."""
    return run.cell.dataset.name, run.cell.label, device


def minutes_taken(record: Record) -> float:
    """Minutes of training, in all attempts, and of measuring."""
    return (record.timing.train_seconds + (record.timing.evaluate_seconds or 0.0)) / 60.0


@dataclass(frozen=True)
class Durations:
    """Measured over estimated minutes.

    Attributes:
        ratios: of all finished runs, by what is alike.
        gpu_hours: that finished runs took of GPUs.
    """

    ratios: dict[Like, list[float]] = field(default_factory=dict)
    gpu_hours: float = 0.0

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Durations:
        """Read from runs that ended with a trained model; those that ended early say nothing of the time."""
        ratios: dict[Like, list[float]] = {}
        estimates: dict[tuple[int, int], float] = {}  # of each cell and dimension, whose seeds share it
        hours = 0.0
        for outcome in outcomes:
            record, run = outcome.record, outcome.run
            if record is None:
                continue
            hours += minutes_taken(record) / 60.0 if record.device.kind == "cuda" else 0.0
            if record.status.has_model and record.usage is not None:  # else it was restored
                place = (id(run.cell), run.dim)
                if place not in estimates:
                    estimates[place] = run.cell.minutes(run.dim)
                ratio = minutes_taken(record) / estimates[place]
                ratios.setdefault(like(run, record.device.kind), []).append(ratio)
        return cls(ratios, hours)

    def typical(self, run: Run, device: str) -> float | None:
        """The median of like runs; None where none is finished."""
        found = self.ratios.get(like(run, device))
        return median(found) if found else None

    def longest(self, run: Run, device: str) -> float | None:
        """The largest of like runs, for a limit; None where none is finished."""
        found = self.ratios.get(like(run, device))
        return max(found) if found else None
