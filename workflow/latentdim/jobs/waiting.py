"""A job whose runs another process holds: who that is, and how it waits without keeping a GPU. No torch.

Inside Slurm it goes back into the queue until the holder's job has ended. Elsewhere it waits before it has claimed a
GPU or imported torch; a job that finds out later starts its process again, which lets go of both.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from latentdim.outcomes.outcomes import outcome_of
from latentdim.outcomes.source import Source
from latentdim.plan.plan import Pack, Plan
from latentdim.plan.run import Run
from latentdim.records.folder import RunFolder
from latentdim.system.leases import described, holder_of
from latentdim.system.slurm import NoAnswer, jobs_of, own_job, requeue_after

POLL_SECONDS = 5.0
TERMINAL = "LATENTDIM_TERMINAL"  # names a descriptor of the terminal, where the standard error stream is a log


@dataclass(frozen=True)
class HeldRun:
    """A run that isn't done and that another process is at.

    Attributes:
        holder: in words.
        job: the holder's Slurm job; empty where it has none.
    """

    run: Run
    holder: str
    job: str


def held_and_free(plan: Plan, runs: Iterable[Run]) -> tuple[list[HeldRun], list[Run]]:
    """The runs that aren't done: those that another process holds, and the others."""
    held, free, sources = [], [], {}
    for run in runs:
        name, folder = run.cell.dataset.name, RunFolder(plan.folder(run))
        if name not in sources:
            sources[name] = Source.of(run.cell.dataset, plan)
        if outcome_of(run, folder, sources[name]).done:
            continue
        owner = holder_of(folder.lease)
        if owner is None:
            free.append(run)
        else:
            held.append(HeldRun(run, described(owner), str(owner.get("job") or "")))
    return held, free


def wait_without_gpu(plan: Plan, packs: Sequence[Pack]) -> None:
    """Return once one of the packs' runs is to be brought up to date and free for it, or all are done.

    A search asks for its runs one after another, so none of them may be held.

    Inside Slurm the job is put back into the queue meanwhile, and this process ends.
    """
    told = False
    while True:
        held, free = held_and_free(plan, [run for pack in packs for run in pack.runs])
        if not held or (free and not any(pack.search for pack in packs)):
            return
        if own_job():
            _back_into_the_queue(held)
        if not told:
            say_aloud(f"wait   {held[0].run.title}  {held[0].holder}; waiting for it without a GPU")
        told = True
        time.sleep(POLL_SECONDS)


def _back_into_the_queue(held: list[HeldRun]) -> None:
    """End as a job that Slurm starts again after the holders' jobs; return where it refuses."""
    others = sorted({one.job for one in held} - {"", own_job()})
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it comes as soon as the job is put back
    with suppress(NoAnswer):
        requeue_after(own_job(), others)
        say_aloud(f"wait   {held[0].run.title}  {held[0].holder}; back into the queue, with its GPU for others")
        raise SystemExit(0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def jobs_at_work(plan: Plan, runs: Iterable[Run]) -> list[str]:
    """Running Slurm jobs that hold one of the runs: a job for these runs had better start after them."""
    held, _ = held_and_free(plan, runs)
    jobs = {one.job for one in held if one.job}
    try:
        known = jobs_of("--jobs", ",".join(sorted(jobs))) if jobs else {}
    except NoAnswer:
        return []
    return sorted(job for job in jobs if job in known and known[job].state == "RUNNING")


def start_again(environment: Mapping[str, str]) -> NoReturn:
    """Replace this process by a fresh one of the same command line: what it held of a GPU is free."""
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "latentdim", *sys.argv[1:]], dict(environment))


def say_aloud(line: str) -> None:
    """A line to the standard error stream, and to the terminal where that is another one."""
    print(line, file=sys.stderr, flush=True)
    if terminal := os.environ.get(TERMINAL):
        with suppress(OSError, ValueError):
            os.write(int(terminal), f"{line}\n".encode())
