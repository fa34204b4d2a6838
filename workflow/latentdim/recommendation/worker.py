"""A process that brings runs up to date, one for each line that it is told: a study's file and a run's path.

It answers ``ended`` once a run is done or the reason why it isn't is recorded, and ``interrupted`` where it was asked
to stop. Whatever it has to say of its progress goes to standard error.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Literal, cast

from latentdim.jobs.options import JobOptions
from latentdim.plan.expand import plan_study
from latentdim.plan.run import Run
from latentdim.system.machine import claim_gpu


def main(results: Path, device: Literal["auto", "cpu", "cuda"]) -> int:
    """Serve until standard input ends."""
    if device != "cpu":
        claim_gpu()
    from latentdim.harness.environment import choose_device  # torch from here on
    from latentdim.harness.run import Job
    from latentdim.harness.workplace import Workplace
    from latentdim.training import Interrupted

    chosen, notes = choose_device(device)
    place = Workplace(results, chosen, notes=tuple(notes))
    place.stop_on_signals()
    job = Job(place, JobOptions(device=device))
    for line in sys.stdin:
        study, path = line.rstrip("\n").split("\t")
        try:
            job.bring_up_to_date([_run(study, path, results)])
        except (Interrupted, KeyboardInterrupt):
            _answer("interrupted")
            return 130
        _answer("ended")
    return 0


def _answer(word: str) -> None:
    """Tell whoever asked, if they are still there."""
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), f"{word}\n".encode())


def _run(study: str, path: str, results: Path) -> Run:
    """A run of a study that may have grown since it was last read."""
    changed = Path(study).stat().st_mtime_ns
    return _runs(study, changed, results)[path]


@cache
def _runs(study: str, changed: int, results: Path) -> dict[str, Run]:
    return {run.path: run for run in plan_study(study, results=results).runs}


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), cast(Literal["auto", "cpu", "cuda"], sys.argv[2])))
