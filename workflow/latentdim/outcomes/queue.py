"""Which of a study's jobs Slurm has, and why they wait."""

from __future__ import annotations

import getpass
import shutil
from dataclasses import dataclass

from latentdim.plan.plan import Plan
from latentdim.system.slurm import FAILED, SUCCEEDED, NoAnswer, jobs_of


@dataclass(frozen=True)
class QueuedJob:
    """A job of the study in Slurm's queue.

    Attributes:
        state: ``PENDING``, ``RUNNING``, …
        reason: why it waits, in Slurm's word.
        runs: how many it carries.
    """

    job: str
    pack: str
    state: str
    reason: str
    runs: int


def queue_of(plan: Plan) -> list[QueuedJob]:
    """The study's jobs that Slurm has and that haven't ended; none where no Slurm answers.

    The executor of Snakemake names rule and wildcards in a job's comment.
    """
    if shutil.which("squeue") is None:
        return []
    try:
        jobs = jobs_of("--user", getpass.getuser()).values()
    except (NoAnswer, KeyError, OSError):  # or a user without a name
        return []
    packs = {f"{plan.name}_{pack.id}": pack for pack in plan.packs.values()}
    found = []
    for job in jobs:
        pack = packs.get(job.comment.rpartition("_wildcards_")[2])
        if pack is not None and job.state not in FAILED | SUCCEEDED:
            found.append(QueuedJob(job.id, pack.id, job.state, job.reason, len(pack.runs)))
    return found
