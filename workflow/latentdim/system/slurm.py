"""What Slurm says of its jobs, and what this process asks of it. No accounting database is needed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

SUCCEEDED = frozenset({"COMPLETED"})
FAILED = frozenset(
    {"BOOT_FAIL", "CANCELLED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT"}
)
# How Slurm's commands end where the controller doesn't answer, whatever it was that they asked.
UNANSWERED = ("Unable to contact slurm controller", "Socket timed out", "Connection refused", "Zero Bytes were")
FORMAT = "%i|%T|%r|%E|%k"
ANSWER_SECONDS = 60.0
SIGNAL_SECONDS = 5.0  # a process that is being ended has 30 in all, unless the site set another KillWait


class NoAnswer(Exception):
    """Slurm's controller doesn't answer; the message is its command's last line."""


@dataclass(frozen=True)
class SlurmJob:
    """A job as the controller knows it.

    Attributes:
        state: ``PENDING``, ``RUNNING``, ``COMPLETED``, …
        reason: why it waits, or why it failed: ``Resources``, ``TimeLimit``; ``None`` where there is nothing to say.
        dependency: the jobs that it waits for, as Slurm writes them.
        comment: of whoever submitted it.
    """

    id: str
    state: str
    reason: str = "None"
    dependency: str = ""
    comment: str = ""


def own_job() -> str:
    """The identifier of the Slurm job that this process is part of; empty outside of one."""
    return os.environ.get("SLURM_JOB_ID", "")


def jobs_of(*selection: str) -> dict[str, SlurmJob]:
    """Jobs by identifier, ended ones that the controller still remembers included.

    Args:
        selection: options of squeue: ``--name``, ``--user``.

    Raises:
        NoAnswer: if the controller doesn't answer.
    """
    printed = asked("squeue", "--states=all", "--noheader", f"--format={FORMAT}", *selection)
    rows = (line.split("|", 4) for line in printed.splitlines())
    jobs = (SlurmJob(row[0], row[1], row[2], _none(row[3]), _none(row[4])) for row in rows if len(row) == 5)
    return {job.id: job for job in jobs}


def accounted_states(ids: Iterable[str]) -> dict[str, str]:
    """States of jobs that the controller has forgotten, from its accounting database; empty where there is none."""
    try:
        printed = asked("sacct", "-X", "--parsable2", "--noheader", "--format=JobIDRaw,State", "--jobs", ",".join(ids))
    except NoAnswer:
        return {}
    rows = (line.partition("|") for line in printed.splitlines())
    return {job: state.split()[0] for job, _, state in rows if state}  # "CANCELLED by 1000"


def requeue_after(job: str, others: Sequence[str]) -> None:
    """Put a running job back into the queue, to start again once the others have ended; it is ended for that.

    Without others Slurm starts it again after its own delay, of about two minutes.

    Raises:
        NoAnswer: if Slurm refuses or doesn't answer; the job then goes on.
    """
    asked("scontrol", "requeue", job)
    if others:
        with suppress(NoAnswer):  # then it starts again sooner, and finds them at work
            asked("scontrol", "update", f"JobId={job}", f"Dependency=afterany:{':'.join(others)}")


def at_time_limit() -> bool | None:
    """Whether Slurm is ending this process's job for its time limit; None outside of Slurm, or without an answer."""
    if not own_job():
        return None
    try:
        printed = asked(
            "squeue", "--states=all", "--noheader", "--format=%r", "--jobs", own_job(), seconds=SIGNAL_SECONDS
        )
    except NoAnswer:
        return None
    return printed.strip() == "TimeLimit"


def asked(*command: str, seconds: float = ANSWER_SECONDS) -> str:
    """What one of Slurm's commands prints.

    Args:
        seconds: that it may take.

    Raises:
        NoAnswer: with its last line, if it fails.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoAnswer(str(error)) from error
    if done.returncode:
        raise NoAnswer(last_line(done.stderr) or f"{command[0]} ended with {done.returncode}")
    return done.stdout


def unanswered(message: str) -> bool:
    """Whether a command's message says that the controller doesn't answer, rather than that it refuses."""
    return any(text in message for text in UNANSWERED)


def last_line(text: str) -> str:
    """The last line that says something."""
    lines: Sequence[str] = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _none(text: str) -> str:
    return "" if text.strip() in {"", "(null)", "None"} else text.strip()
