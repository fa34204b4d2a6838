"""Bringing runs up to date: training what isn't trained, measuring what isn't measured, repeating nothing."""

from __future__ import annotations

import gc
import shutil
import signal
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import torch

from latentdim.datasets.prepared import prepare
from latentdim.declarations import resolve
from latentdim.files import read_json, write_text
from latentdim.fingerprint import fingerprint
from latentdim.harness.environment import device_facts, host_facts, set_arithmetic, versions
from latentdim.harness.evaluate import judge_collapse, measure, missing_metrics, stream_of
from latentdim.harness.examples import write_examples
from latentdim.leases import Held, lease
from latentdim.metrics.active import chosen_axes
from latentdim.nets.latent import LatentModel
from latentdim.plan import Plan, Run
from latentdim.records import RunFolder, Status, end_attempt, start_attempt, write_record
from latentdim.training import Diverged, Interrupted, Task
from latentdim.training.checkpoint import load_weights, save_weights
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
                _empty(folder)
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
        return Status(record["status"]).finished and folder.model.exists() and not missing_metrics(folder, run)

    def attempted(self, run: Run, folder: RunFolder, record: dict[str, Any] | None) -> bool:
        """Train and measure, and turn whatever happens into a record."""
        attempt = start_attempt(folder, limits=self.limits)
        outcome = "error"
        try:
            outcome = self.trained_and_measured(run, folder, attempt, record)
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

    def trained_and_measured(self, run: Run, folder: RunFolder, attempt: int, record: dict[str, Any] | None) -> str:
        """The run's own work. Returns the status to report, or ``failed`` where a metric did."""
        started = time.time()
        training = run.cell.protocol.training
        set_arithmetic(training, self.device)
        data = self.data_for(run)
        names = (run.cell.dataset.name, run.cell.method.name, run.dim, run.seed)
        progress = Progress(run.title, folder.progress, folder.log, attempt)
        task = Task(
            run.dim,
            data,
            training,
            names,
            self.device,
            folder,
            progress,
            self.checkpoint_seconds,
            lambda: self.stopping,
        )
        model = self.fitted(run, folder, task)
        if record is None or not Status(record["status"]).finished:
            active, collapse = judge_collapse(model, data, names, self.device)
            self.write(
                run,
                folder,
                Status.COLLAPSED if collapse else Status.OK,
                collapse or "",
                task=task,
                model=model,
                active=active,
                started=started,
            )
        if not folder.examples.exists():
            axes = chosen_axes(
                model,
                data,
                run.cell.protocol.evaluation,
                run.cell.protocol.evaluation.axes,
                stream_of(names, self.device),
            )
            write_examples(model, data, run, folder, axes=axes, device=self.device)
        if run.cell.protocol.evaluation.checkpoint == "best" and folder.best.exists():
            load_weights(model, folder.best)
        complete = measure(model, data, run, folder, missing_metrics(folder, run), self.device)
        written = read_json(folder.record) or {}
        return str(written["status"]) if complete else str(Status.FAILED)

    def fitted(self, run: Run, folder: RunFolder, task: Task) -> LatentModel:
        """The trained model: restored where its weights are finished, trained otherwise, its weights on disk."""
        restored = folder.model.exists()
        model: LatentModel = resolve(run.cell.method.runner)(task, run.cell.config)
        model.eval()
        if not restored:
            bad = [
                name
                for name, value in model.state_dict().items()
                if value.is_floating_point() and not value.isfinite().all()
            ]
            if bad:
                raise Diverged(f"weights are not finite: {', '.join(bad[:3])}")
            _write_history(folder, task.history)
            save_weights(model, folder.model)
        return model

    def data_for(self, run: Run) -> Data:
        """The prepared arrays on the device, shared by the runs of the pack."""
        training = run.cell.protocol.training
        digest = prepare(run.cell.dataset, self.plan.results)["digest"]
        key = (run.cell.dataset.name, digest, *(getattr(training, name) for name in DATA_FIELDS))
        if key not in self.loaded:
            self.loaded.clear()
            gc.collect()
            self.loaded[key] = load_data(run.cell.dataset.folder(self.plan.results), training, device=self.device)
        return self.loaded[key]

    def ended_badly(self, run: Run, folder: RunFolder, status: Status, reason: str) -> str:
        """A record of a run that has no model to measure."""
        self.write(
            run, folder, status, " ".join(reason.split()), task=None, model=None, active=None, started=time.time()
        )
        say(f"reason    {run.title}: {reason}", log=folder.log)
        return str(status)

    def write(
        self, run: Run, folder: RunFolder, status: Status, reason: str, *, task: Task | None, model: LatentModel | None,
        active: int | None, started: float,
    ) -> None:  # fmt: skip
        """Write the record, then drop the checkpoint that it makes superfluous."""
        described = prepare(run.cell.dataset, self.plan.results)
        training = run.cell.protocol.training
        seconds, steps = (task.seconds, task.steps) if task else (0.0, 0)
        timing = {
            "started": started, "total_seconds": round(time.time() - started, 3), "train_seconds": round(seconds, 3),
            "steps": steps,
            "resumed_steps": task.resumed_step if task else 0,
            "examples_per_second": round(steps * training.batch_size / seconds, 1) if seconds else None,
        }  # fmt: skip
        where = {
            "dataset": run.cell.dataset.name,
            "method": run.cell.method.name,
            "dim": run.dim,
            "seed": run.seed,
            "key": run.cell.key,
        }
        write_record(
            folder, status=status, reason=reason, run=where, config=run.cell.config.model_dump(mode="json"),
            training=run.cell.training_fields(), active=active, timing=timing,
            n_parameters=sum(p.numel() for p in model.parameters()) if model else None,
            data={name: described[name] for name in ("digest", "n_train", "n_test", "shape")},
            source={"fingerprint": fingerprint(run.cell.method)}, versions=versions(), host=host_facts(),
            device=device_facts(self.device, training), notes=self.notes,
        )  # fmt: skip
        if status.finished:
            folder.checkpoint.unlink(missing_ok=True)

    def stop_on_signals(self) -> None:
        """On SIGTERM or SIGINT save the training's state and end; the second time at once."""

        def stop(number: int, frame: FrameType | None) -> None:
            if self.stopping:
                raise KeyboardInterrupt
            self.stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)


def _empty(folder: RunFolder) -> None:
    """Remove what a stale run left, its journal, log and lease apart."""
    for path in folder.path.iterdir():
        if path.name not in {"lease", "journal.jsonl", "log.txt"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _write_history(folder: RunFolder, rows: list[dict[str, float]]) -> None:
    """history.csv: one column for each name that any row has."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [",".join(columns), *(",".join(repr(row[name]) if name in row else "" for name in columns) for row in rows)]
    write_text(folder.history, "\n".join(lines) + "\n")
