"""Bringing runs up to date: training what isn't trained, measuring what isn't measured, repeating nothing."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum

import torch

from latentdim.harness.contract import contract_change, reason_of
from latentdim.harness.recording import Ending, drop_checkpoints, record_of
from latentdim.harness.work import Work
from latentdim.harness.workplace import Workplace
from latentdim.jobs.options import JobOptions
from latentdim.outcomes.outcomes import Outcome, asked_for, outcome_of
from latentdim.outcomes.source import Source
from latentdim.plan.run import Run
from latentdim.plan.search import Search
from latentdim.records.folder import RunFolder
from latentdim.records.journal import TIME_NEAR_LIMIT, Cause, end_attempt, start_attempt
from latentdim.records.record import write_record
from latentdim.records.status import Kind, Status
from latentdim.system.leases import Held, lease
from latentdim.system.occupancy import device_key, occupying
from latentdim.system.problems import CodeBroken, ContractBroken, NotWritten
from latentdim.system.slurm import at_time_limit
from latentdim.training import Diverged, Interrupted
from latentdim.training.progress import Progress, say


class Verdict(IntEnum):
    """How a job leaves a run; the largest is how it leaves several."""

    DONE = 0
    RECORDED = 1  # not done, for a reason that the same job would meet again: a bug, refused data
    HELD = 2  # another process is at it, for longer than a job waits with a GPU
    OPEN = 3  # not done for want of memory or disk: another try of the job may do it


@dataclass
class Job:
    """One process that brings runs up to date."""

    place: Workplace
    options: JobOptions
    started: float = field(default_factory=time.time)

    def bring_up_to_date(self, runs: Iterable[Run]) -> Verdict:
        """Bring runs up to date one after another; held ones last. Returns how the worst of them is left."""
        waiting, verdict = [], Verdict.DONE
        for run in runs:
            try:
                verdict = max(verdict, self.one(run))
            except Held as held:
                say(f"wait   {run.title}  {held}")
                waiting.append(run)
        return max(verdict, self.held_runs(waiting))

    def search(self, search: Search) -> Verdict:
        """Bring the runs that a search asks for up to date, one after another. Returns how the worst of them is left.

        It stops at a run whose value isn't to be had now.
        """
        verdict = Verdict.DONE

        def outcome_at(run: Run) -> Outcome:
            nonlocal verdict
            verdict = max(verdict, self.bring_up_to_date([run]))
            return self.outcome(run, RunFolder(self.place.results / run.path))

        asked_for(search, outcome_at)
        return verdict

    def held_runs(self, waiting: list[Run]) -> Verdict:
        """Take over runs whose lease ends within the waiting time; say who holds the others."""
        deadline, verdict = time.monotonic() + self.options.wait_seconds, Verdict.DONE
        while waiting:
            held_still = []
            for run in waiting:
                try:
                    verdict = max(verdict, self.one(run))
                except Held as held:
                    if time.monotonic() >= deadline:
                        say(f"given up  {run.title}: {held}")
                        return max(verdict, Verdict.HELD)
                    held_still.append(run)
            waiting = held_still
            if waiting:
                time.sleep(2.0)
        return verdict

    def one(self, run: Run) -> Verdict:
        """Bring one run up to date under its lease; a folder that can't be written is told.

        Raises:
            Held: if another process is at it.
            Interrupted: when asked to stop.
        """
        folder = RunFolder(self.place.results / run.path)
        try:
            with lease(folder.lease):
                return self.leased(run, folder)
        except OSError as problem:
            say(f"failed {run.title}  {problem}")
            return Verdict.OPEN

    def leased(self, run: Run, folder: RunFolder) -> Verdict:
        """Bring a run up to date, or say why it is left as it is."""
        outcome = self.outcome(run, folder)
        kind = outcome.reason.kind if outcome.reason else None
        if kind is Kind.DATA_CHANGED:
            say(f"stale  {run.title}  the prepared data changed; done again")
            folder.empty()
            outcome = self.outcome(run, folder)
        if outcome.done:
            return Verdict.DONE
        if kind is Kind.DATA_REFUSED and outcome.reason:
            say(f"failed {run.title}  data refused: {outcome.reason.detail}")
            return Verdict.RECORDED
        if kind is Kind.RECORD_REFUSED and outcome.reason:
            say(f"failed {run.title}  {outcome.reason.detail}; mend the file, or remove it to have the run again")
            return Verdict.RECORDED
        if outcome.record and outcome.status is Status.FAILED and self.options.attempt > 1:
            say(f"failed {run.title}  {outcome.record.reason} (not tried again in this invocation)")
            return Verdict.RECORDED
        return self.attempted(outcome, folder)

    def outcome(self, run: Run, folder: RunFolder) -> Outcome:
        """What became of a run so far, whose lease this process holds."""
        source = Source(prepared=self.place.prepared(run.cell.dataset))
        return outcome_of(run, folder, source, leased=True)

    def attempted(self, before: Outcome, folder: RunFolder) -> Verdict:
        """Train and measure, and turn whatever happens into a record."""
        run = before.run
        folder.sweep()
        attempt = start_attempt(folder, limits=self.options.limits, job_started=self.started)
        end = End(Status.FAILED, Cause.BUG)
        try:
            end = self.ended(before, folder, attempt)
        except (Interrupted, KeyboardInterrupt):
            end = End("interrupted", Cause.TIME if self.out_of_time() else Cause.SIGNAL)
            raise
        finally:
            with suppress(NotWritten):  # then nothing can tell it
                end_attempt(folder, attempt, end.outcome, cause=end.cause, reason=end.reason)
        say(f"{end.outcome:9} {run.title}", log=folder.log)
        if self.outcome(run, folder).done_for_now:
            return Verdict.DONE
        return Verdict.OPEN if end.cause in {Cause.MEMORY, Cause.WRITE} else Verdict.RECORDED

    def out_of_time(self) -> bool:
        """Whether the job, which is being ended, has reached its time limit."""
        told, limit = at_time_limit(), self.options.minutes
        near = limit > 0 and time.time() - self.started >= TIME_NEAR_LIMIT * limit * 60
        return near if told is None else told

    def ended(self, before: Outcome, folder: RunFolder, attempt: int) -> End:
        """Train and measure; how that ended, with a record of it where the disk takes one.

        Raises:
            Interrupted: when asked to stop.
        """
        run = before.run
        try:
            progress = Progress(run.title, folder.progress, folder.log, attempt)
            with occupying(device_key(self.place.device)):
                Work(self.place, run, folder, progress).up_to_date(before)
            after = self.outcome(run, folder)
            return End(str(after.record.status if after.record and after.done_for_now else Status.FAILED))
        except Interrupted:
            raise
        except Diverged as divergence:
            end = End(Status.DIVERGED, reason=str(divergence))
        except (torch.cuda.OutOfMemoryError, MemoryError) as error:
            first = (str(error).splitlines() or [""])[0]
            end = End(Status.OUT_OF_MEMORY, Cause.MEMORY, f"{type(error).__name__}: {first}")
        except NotWritten as problem:
            end = End(Status.FAILED, Cause.WRITE, f"{problem.path.name} can't be written: {problem.cause}")
        except CodeBroken as problem:
            end = End(Status.FAILED, Cause.IMPORT, reason_of(problem))
        except (Exception, SystemExit) as error:  # a bug in a runner: recorded with its reason, the pack goes on
            if not isinstance(error, ContractBroken) and contract_change(error) is None:
                say(traceback.format_exc(), log=folder.log)
            end = End(Status.FAILED, Cause.BUG, reason_of(error))
        self.record(run, folder, end)
        return end

    def record(self, run: Run, folder: RunFolder, end: End) -> None:
        """Write the record of a run that ended without a model to measure.

        A run that is trained stays so where the disk was full afterwards: the journal tells why it isn't measured.
        """
        say(f"reason    {run.title}: {end.reason}", log=folder.log)
        if end.cause is Cause.WRITE and self.outcome(run, folder).settled:
            return
        ending = Ending(Status(end.outcome), " ".join(end.reason.split()), started=time.time())
        with suppress(NotWritten):  # the journal has room for it
            write_record(folder, record_of(run, ending, self.place))
        if ending.status.finished:
            drop_checkpoints(folder)


@dataclass(frozen=True)
class End:
    """How an attempt ended.

    Attributes:
        outcome: the run's status, or ``interrupted``.
        reason: in a sentence.
    """

    outcome: str
    cause: Cause = Cause.NONE
    reason: str = ""
