"""The Slurm executor of Snakemake, kept from forgetting its jobs.

As it comes (snakemake-executor-plugin-slurm 2.8.0) it drops every job whose state it can't find out in one poll, and
then waits for ever: when the controller is away for a minute, and when it forgets finished jobs faster than they are
asked for. What is put in its place here asks squeue, keeps all jobs while nobody answers and says so, and judges a job
that the controller no longer knows by the accounting database, or else by the job's outputs, which are written whole.
"""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from latentdim.system.slurm import FAILED, SUCCEEDED, NoAnswer, SlurmJob, accounted_states, jobs_of, unanswered

PLUGIN = "snakemake_executor_plugin_slurm"
FIRST_SECONDS, MOST_SECONDS, GROWTH = 5.0, 60.0, 1.25  # between polls, which become rarer while nothing happens
RESUBMIT_SECONDS = 10.0

Submitted = Any  # snakemake's own: a job and the identifier that Slurm gave it


def tend_slurm_jobs(at_work: Callable[[Any], Sequence[str]]) -> None:
    """Put this module's ways of polling and submitting in the place of the executor's, where it is in use.

    Args:
        at_work: the running Slurm jobs after whose end a job of snakemake had better start.
    """
    plugin: Any = sys.modules.get(PLUGIN)
    if plugin is None:
        return
    executor, submit_command = plugin.Executor, plugin.get_submit_command
    plugin.get_submit_command = lambda job, *given, **more: (
        submit_command(job, *given, **more) + dependency(at_work(job))
    )
    tending = Tending(executor._report_job_error_threadsafe, executor.cancel_jobs)
    executor.check_active_jobs = lambda self, active: tending.still_active(self, active)
    executor._report_job_error_threadsafe = lambda self, submitted, message: tending.refused(self, submitted, message)
    executor.cancel_jobs = lambda self, active: tending.cancel(self, active)


def dependency(jobs: Sequence[str]) -> str:
    """The option of sbatch for a job that starts after others."""
    return f" --dependency=afterany:{':'.join(jobs)}" if jobs else ""


@dataclass
class Tending:
    """What is remembered from one poll to the next.

    Attributes:
        report_refusal: the executor's own way of telling that a submission failed.
        cancel_jobs: the executor's own.
        states: of jobs at the last poll.
        unknown: jobs that the controller didn't know at the last poll.
        silent: the controller didn't answer when it was last asked.
    """

    report_refusal: Callable[..., None]
    cancel_jobs: Callable[..., None]
    states: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    seconds: float = FIRST_SECONDS
    silent: bool = False
    ending: bool = False

    async def still_active(self, executor: Any, active: list[Submitted]) -> AsyncIterator[Submitted]:
        """Report the jobs that ended, and give back all others."""
        jobs = self.answered(executor) if active else {}
        happened = False
        for submitted in active:
            ended = jobs is not None and self.settle(executor, submitted, jobs.get(submitted.external_jobid))
            happened |= ended
            if not ended:
                yield submitted
        if jobs is not None:
            states = {name: job.state for name, job in jobs.items()}
            happened |= states != self.states
            self.states = states
        self.seconds = FIRST_SECONDS if happened or not active else min(self.seconds * GROWTH, MOST_SECONDS)
        executor.next_seconds_between_status_checks = self.seconds

    def answered(self, executor: Any) -> dict[str, SlurmJob] | None:
        """The invocation's jobs by identifier; None where nobody answers."""
        try:
            jobs = jobs_of("--name", executor.run_uuid)
        except NoAnswer as problem:
            if not self.silent:
                executor.logger.warning(f"Slurm doesn't answer ({problem}); its jobs are kept, and asked for again.")
            self.silent = True
            return None
        if self.silent:
            executor.logger.warning("Slurm answers again.")
        self.silent = False
        return jobs

    def settle(self, executor: Any, submitted: Submitted, job: SlurmJob | None) -> bool:
        """Report a job that has ended. Returns whether it has."""
        name = submitted.external_jobid
        if job is None:
            if name not in self.unknown:  # asked once more before anything is concluded
                self.unknown.add(name)
                return False
            state = accounted_states([name]).get(name) or self.by_outputs(executor, submitted)
            job = SlurmJob(name, state)
        self.unknown.discard(name)
        if job.state in SUCCEEDED:
            self.drop_log(executor, submitted)
            executor.report_job_success(submitted)
        elif job.state in FAILED:
            why = "" if job.reason == "None" else f" ({job.reason})"
            log = submitted.aux.get("slurm_logfile")
            message = f"SLURM-job '{name}' ended as {job.state}{why}. "
            executor.report_job_error(submitted, msg=message, aux_logs=[str(log)] if log else [])
        else:
            self.tell_of_waiting(executor, job)
            return False
        return True

    @staticmethod
    def by_outputs(executor: Any, submitted: Submitted) -> str:
        """How a job ended that Slurm knows nothing of any more."""
        there = all(Path(output).exists() for output in submitted.job.output)
        told = "its output is there" if there else "its output isn't there"
        executor.logger.warning(f"Slurm no longer knows job '{submitted.external_jobid}'; {told}.")
        return "COMPLETED" if there else "FAILED"

    @staticmethod
    def drop_log(executor: Any, submitted: Submitted) -> None:
        """Delete Slurm's log of a job that succeeded, unless the profile keeps it."""
        log = submitted.aux.get("slurm_logfile")
        if log and not executor.workflow.executor_settings.keep_successful_logs:
            Path(log).unlink(missing_ok=True)

    def tell_of_waiting(self, executor: Any, job: SlurmJob) -> None:
        """Tell once where a job that ran is in the queue again."""
        if job.state == "PENDING" and self.states.get(job.id, "PENDING") != "PENDING":
            waits = f"; it waits for {job.dependency}" if job.dependency else f" ({job.reason})"
            executor.logger.warning(f"SLURM-job '{job.id}' gave back what it had and is in the queue again{waits}.")

    def refused(self, executor: Any, submitted: Submitted, message: str) -> None:
        """Submit again what Slurm didn't answer to; tell what it refused."""
        if not unanswered(message) or self.ending:
            self.report_refusal(executor, submitted, message)
            return
        executor.logger.warning("Slurm didn't answer to a submission; it is tried again.")
        time.sleep(RESUBMIT_SECONDS)
        executor.run_job(submitted.job)

    def cancel(self, executor: Any, active: list[Submitted]) -> None:
        """Cancel jobs, and try no submission again."""
        self.ending = True
        self.cancel_jobs(executor, active)
