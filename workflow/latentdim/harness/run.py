"""Bringing runs up to date: training what isn't trained, measuring what isn't measured, repeating nothing."""

from __future__ import annotations

import gc
import signal
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import torch

from latentdim.datasets.prepared import prepare
from latentdim.harness.evaluate import missing_metrics
from latentdim.harness.work import Outcome, Work, write_run_record
from latentdim.plan.plan import Plan, Run
from latentdim.records.folder import RunFolder, Status, end_attempt, start_attempt
from latentdim.system.files import read_json
from latentdim.system.leases import Held, lease
from latentdim.system.occupancy import device_key, occupying
from latentdim.training import Diverged, Interrupted
from latentdim.training.data import Data, load_data
from latentdim.training.progress import Progress, say

DATA_FIELDS = ("scaling", "n_train", "n_validation")


@dataclass
class Job:
    """One process that brings runs up to date.

    Attributes:
        attempt: 1, or more where the scheduler tries the job again within one invocation.
        limits: minutes and memory_mb that the scheduler grants, for the journal.
        wait_seconds: how long to wait for runs that another process holds.
        notes: told in every record (a fallback to the CPU, say).
    """

    plan: Plan
    device: torch.device
    attempt: int = 1
    limits: dict[str, float] = field(default_factory=dict)
    wait_seconds: float = 120.0
    checkpoint_seconds: float = 30.0
    notes: list[str] = field(default_factory=list)
    stopping: bool = False
    started: float = field(default_factory=time.time)
    loaded: dict[Any, Data] = field(default_factory=dict)

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
        deadline, complete = time.monotonic() + self.wait_seconds, True
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
        """Bring one run up to date under its lease.

        Raises:
            Held: if another process is at it.
            Interrupted: when asked to stop.
        """
        folder = RunFolder(self.plan.folder(run))
        with lease(folder.lease):
            digest = str(prepare(run.cell.dataset, self.plan.results)["digest"])
            record = read_json(folder.record)
            if record is not None and record["data"]["digest"] != digest:
                say(f"stale  {run.title}  the prepared data changed; done again")
                folder.empty()
                record = None
            if record is not None and self.settled(record, folder, run):
                return True
            if record is not None and record["status"] == Status.FAILED and self.attempt > 1:
                say(f"failed {run.title}  {record['reason']} (not tried again in this invocation)")
                return False
            return self.attempted(run, folder, record)

    def settled(self, record: dict[str, Any], folder: RunFolder, run: Run) -> bool:
        """Whether nothing is left to do: a diverged run, or a trained one with all its metrics."""
        if record["status"] == Status.DIVERGED:
            return True
        complete = folder.model.exists() and folder.examples(run.cell.examples_file).exists()
        return Status(record["status"]).finished and complete and not missing_metrics(folder, run)

    def attempted(self, run: Run, folder: RunFolder, record: dict[str, Any] | None) -> bool:
        """Train and measure, and turn whatever happens into a record."""
        attempt = start_attempt(folder, limits=self.limits, job_started=self.started)
        outcome = "error"
        try:
            progress = Progress(run.title, folder.progress, folder.log, attempt)
            with occupying(device_key(self.device)):
                outcome = str(Work(self, run, folder, progress).done(record))
        except Interrupted:
            outcome = "interrupted"
            raise
        except Diverged as divergence:
            outcome = self.ended_badly(run, folder, Status.DIVERGED, str(divergence))
        except (torch.cuda.OutOfMemoryError, MemoryError) as error:
            outcome = self.ended_badly(
                run,
                folder,
                Status.OUT_OF_MEMORY,
                f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
            )
        except Exception as error:  # a bug in a runner: recorded with its reason, the pack goes on
            say(traceback.format_exc(), log=folder.log)
            outcome = self.ended_badly(run, folder, Status.FAILED, f"{type(error).__name__}: {error}")
        finally:
            end_attempt(folder, attempt, outcome)
        say(f"{outcome:9} {run.title}", log=folder.log)
        return outcome in {Status.OK, Status.COLLAPSED, Status.DIVERGED}

    def data_for(self, run: Run) -> Data:
        """The prepared arrays on the device, shared by the runs of the pack."""
        training = run.cell.protocol.training
        digest = prepare(run.cell.dataset, self.plan.results)["digest"]
        key = (run.cell.dataset.name, digest, *(getattr(training, name) for name in DATA_FIELDS))
        if key not in self.loaded:
            self.loaded.clear()
            gc.collect()
            dataset, results = run.cell.dataset, self.plan.results
            self.loaded[key] = load_data(
                dataset.folder(results), training, device=self.device, grid=dataset.grid(results)
            )
        return self.loaded[key]

    def ended_badly(self, run: Run, folder: RunFolder, status: Status, reason: str) -> str:
        """A record of a run that has no model to measure."""
        write_run_record(self, run, folder, Outcome(status, " ".join(reason.split()), started=time.time()))
        say(f"reason    {run.title}: {reason}", log=folder.log)
        return str(status)

    def stop_on_signals(self) -> None:
        """On SIGTERM or SIGINT save the training's state and end; the second time at once."""

        def stop(number: int, frame: FrameType | None) -> None:
            if self.stopping:
                raise KeyboardInterrupt
            self.stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
