"""One job, from the command line's options to its exit code and stamp."""

from __future__ import annotations

import argparse
import sys

from latentdim.datasets.prepared import prepare
from latentdim.harness.environment import choose_device
from latentdim.harness.run import Job
from latentdim.plan.plan import Pack, Plan
from latentdim.system.files import write_json
from latentdim.system.problems import DataRefused
from latentdim.training import Interrupted
from latentdim.training.progress import say

INTERRUPTED = 130


def bring_up_to_date(plan: Plan, packs: list[Pack], given: argparse.Namespace) -> int:
    """Bring packs up to date, one after another; write the stamp once everything is.

    Returns:
        0 when all runs are up to date, 1 when one failed, 130 when asked to stop.

    Raises:
        InputError: if a GPU is demanded and there is none.
    """
    device, notes = choose_device(given.device or plan.study.execution.device)
    limits = {name: value for name, value in (("minutes", given.minutes), ("memory_mb", given.memory_mb)) if value}
    job = Job(plan, device, given.attempt, limits, given.wait, given.checkpoint_seconds, notes)
    job.stop_on_signals()
    complete = True
    refused: list[str] = []
    try:
        for pack in packs:
            try:
                prepare(pack.dataset, plan.results)
            except DataRefused as refusal:
                refused.append(f"data refused: {refusal}")
                continue
            complete &= job.bring_up_to_date(pack.runs)
    except Interrupted as interruption:
        say(f"interrupted: {interruption}")
        return INTERRUPTED
    for line in dict.fromkeys(refused):
        print(line, file=sys.stderr)
    if given.stamp and complete and not refused:
        write_json(given.stamp, {"study": plan.name, "runs": [run.path for pack in packs for run in pack.runs]})
    return 0 if complete and not refused else 1
