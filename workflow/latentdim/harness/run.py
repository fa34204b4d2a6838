"""Bringing runs up to date: training what isn't trained, measuring what isn't measured, repeating nothing."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field

import torch

from latentdim.harness.contract import contract_change
from latentdim.harness.recording import Ending, drop_checkpoints, record_of
from latentdim.harness.work import Work
from latentdim.harness.workplace import Workplace
from latentdim.jobs.options import JobOptions
from latentdim.outcomes.outcomes import Outcome, Source, outcome_of
from latentdim.plan.plan import Run
from latentdim.records.folder import RunFolder
from latentdim.records.journal import end_attempt, start_attempt
from latentdim.records.record import write_record
from latentdim.records.status import Kind, Status
from latentdim.system.leases import Held, lease
from latentdim.system.occupancy import device_key, occupying
from latentdim.system.problems import ContractBroken
from latentdim.training import Diverged, Interrupted
from latentdim.training.progress import Progress, say


@dataclass
class Job:
    """One process that brings runs up to date."""

    place: Workplace
    options: JobOptions
    started: float = field(default_factory=time.time)

    def bring_up_to_date(self, runs: Iterable[Run]) -> bool:
        """Bring runs up to date one after another; held ones last. Returns whether all of them are."""
        waiting, complete = [], True
        for run in runs:
            try:
                complete &= self.one(run)
            except Held as held:
                say(f"wait   {run.title}  {held}")
                waiting.append(run)
        return self.held_runs(waiting) and complete

    def held_runs(self, waiting: list[Run]) -> bool:
        """Take over runs whose lease ends within the waiting time; say who holds the others."""
        deadline, complete = time.monotonic() + self.options.wait_seconds, True
        while waiting:
            held_still = []
            for run in waiting:
                try:
                    complete &= self.one(run)
                except Held as held:
                    if time.monotonic() >= deadline:
                        say(f"given up  {run.title}: {held}")
                        return False
                    held_still.append(run)
            waiting = held_still
            if waiting:
                time.sleep(2.0)
        return complete

    def one(self, run: Run) -> bool:
        """Bring one run up to date under its lease. Returns whether it is.

        Raises:
            Held: if another process is at it.
            Interrupted: when asked to stop.
        """
        folder = RunFolder(self.place.results / run.path)
        with lease(folder.lease):
            outcome = self.outcome(run, folder)
            kind = outcome.reason.kind if outcome.reason else None
            if kind is Kind.DATA_CHANGED:
                say(f"stale  {run.title}  the prepared data changed; done again")
                folder.empty()
                outcome = self.outcome(run, folder)
            if outcome.done:
                return True
            if kind is Kind.DATA_REFUSED and outcome.reason:
                say(f"failed {run.title}  data refused: {outcome.reason.detail}")
                return False
            if kind is Kind.RECORD_REFUSED and outcome.reason:
                say(f"failed {run.title}  {outcome.reason.detail}; mend the file, or remove it to have the run again")
                return False
            if outcome.record and outcome.status is Status.FAILED and self.options.attempt > 1:
                say(f"failed {run.title}  {outcome.record.reason} (not tried again in this invocation)")
                return False
            return self.attempted(outcome, folder)

    def outcome(self, run: Run, folder: RunFolder) -> Outcome:
        """What became of a run so far, whose lease this process holds."""
        source = Source(prepared=self.place.prepared(run.cell.dataset))
        return outcome_of(run, folder, source, leased=True)

    def attempted(self, before: Outcome, folder: RunFolder) -> bool:
        """Train and measure, and turn whatever happens into a record. Returns whether the run is done."""
        run = before.run
        attempt = start_attempt(folder, limits=self.options.limits, job_started=self.started)
        ended = "error"
        try:
            progress = Progress(run.title, folder.progress, folder.log, attempt)
            with occupying(device_key(self.place.device)):
                Work(self.place, run, folder, progress).up_to_date(before)
            after = self.outcome(run, folder)
            ended = str(after.record.status if after.record and after.done else Status.FAILED)
        except Interrupted:
            ended = "interrupted"
            raise
        except Diverged as divergence:
            ended = self.ended_badly(run, folder, Status.DIVERGED, str(divergence))
        except (torch.cuda.OutOfMemoryError, MemoryError) as error:
            first = (str(error).splitlines() or [""])[0]
            ended = self.ended_badly(run, folder, Status.OUT_OF_MEMORY, f"{type(error).__name__}: {first}")
        except ContractBroken as problem:
            ended = self.ended_badly(run, folder, Status.FAILED, contract_change(problem) or str(problem))
        except Exception as error:  # a bug in a runner: recorded with its reason, the pack goes on
            change = contract_change(error)
            if change is None:
                say(traceback.format_exc(), log=folder.log)
            ended = self.ended_badly(run, folder, Status.FAILED, change or f"{type(error).__name__}: {error}")
        finally:
            end_attempt(folder, attempt, ended)
        say(f"{ended:9} {run.title}", log=folder.log)
        return self.outcome(run, folder).done

    def ended_badly(self, run: Run, folder: RunFolder, status: Status, reason: str) -> str:
        """A record of a run that has no model to measure."""
        ending = Ending(status, " ".join(reason.split()), started=time.time())
        write_record(folder, record_of(run, ending, self.place))
        if status.finished:
            drop_checkpoints(folder)
        say(f"reason    {run.title}: {reason}", log=folder.log)
        return str(status)
