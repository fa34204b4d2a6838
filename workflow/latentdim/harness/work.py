"""The work of one run: train or restore, judge, record, draw examples, measure."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Tensor

from latentdim.datasets.prepared import prepare
from latentdim.harness.environment import device_facts, host_facts, set_arithmetic, versions
from latentdim.harness.evaluate import judge_collapse, measure, missing_metrics
from latentdim.harness.examples import write_examples
from latentdim.harness.usage import metered
from latentdim.metrics.costs import n_trainable
from latentdim.nets.latent import LatentModel
from latentdim.plan.plan import Run
from latentdim.records.fingerprint import fingerprint
from latentdim.records.folder import RunFolder, Status, write_record
from latentdim.registry.declarations import resolve
from latentdim.system.files import read_json, write_json, write_text
from latentdim.system.identity import digest
from latentdim.training import Diverged, Task
from latentdim.training.checkpoint import load_weights, save_weights
from latentdim.training.progress import Progress, say

if TYPE_CHECKING:
    from latentdim.harness.run import Job


@dataclass(frozen=True)
class Outcome:
    """How a run ended, with what is known of its training.

    Attributes:
        active: the method's own count of active dimensions.
        started: when this attempt began, in seconds since 1970.
        usage: what the fit took of the machine, see :func:`~latentdim.harness.usage.metered`; empty where it was
            restored.
    """

    status: Status
    reason: str
    started: float
    task: Task | None = None
    model: LatentModel | None = None
    active: int | None = None
    usage: dict[str, Any] = field(default_factory=dict)


@dataclass
class Work:
    """One attempt at one run, under its lease."""

    job: Job
    run: Run
    folder: RunFolder
    progress: Progress
    usage: dict[str, Any] = field(default_factory=dict)

    def done(self, record: dict[str, Any] | None) -> Status:
        """Do what is left to do. Returns the run's status, or ``failed`` where a metric did.

        Raises:
            Diverged: if the training's losses or weights are no longer finite.
            Interrupted: when asked to stop.
        """
        started = time.time()
        run, job, folder = self.run, self.job, self.folder
        set_arithmetic(run.cell.protocol.training, job.device)
        data = job.data_for(run)
        trained = record is not None and Status(record["status"]).finished
        if not trained:
            self.belongs_to_what_is_there()
        task = self.task()
        model = self.fitted(task)
        if not trained:
            active, collapse = judge_collapse(model, data, task.names, job.device)
            status = Status.COLLAPSED if collapse else Status.OK
            outcome = Outcome(status, collapse or "", started, task, model, active, self.usage)
            write_run_record(job, run, folder, outcome)
        complete = self.measured(model)
        return Status((read_json(folder.record) or {})["status"]) if complete else Status.FAILED

    def task(self) -> Task:
        """What the method is given."""
        run, job = self.run, self.job
        return Task(
            dim=run.dim, data=job.data_for(run), protocol=run.cell.protocol.training, names=names_of(run),
            device=job.device, folder=self.folder, progress=self.progress, checkpoint_seconds=job.checkpoint_seconds,
            stop_requested=lambda: job.stopping,
        )  # fmt: skip

    def belongs_to_what_is_there(self) -> None:
        """Drop an unfinished training of other data, another runner or another torch: it would end as neither."""
        found = str(prepare(self.run.cell.dataset, self.job.plan.results)["digest"])
        origin = digest([found, fingerprint(self.run.cell.method), versions()["torch"]])
        unfinished = self.folder.checkpoint.exists() or self.folder.model.exists()
        if unfinished and read_json(self.folder.origin) != origin:
            say(f"afresh {self.run.title}  its data, its code or torch changed on the way", log=self.folder.log)
            self.folder.empty()
        write_json(self.folder.origin, origin)

    def fitted(self, task: Task) -> LatentModel:
        """The trained model: restored where its weights are finished, trained otherwise, its weights on disk."""
        restored = self.folder.model.exists()
        with metered(self.job.device) as usage:
            model: LatentModel = resolve(self.run.cell.method.runner)(task, self.run.cell.config)
        model.eval()
        if not restored:
            self.usage = usage
            floats = {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
            bad = [name for name, value in floats.items() if not value.isfinite().all()]
            if bad:
                raise Diverged(f"weights are not finite: {', '.join(bad[:3])}")
            _write_history(self.folder, task.history)
            save_weights(model, self.folder.model)
        return model

    def measured(self, model: LatentModel) -> bool:
        """Examples and metrics of the weights that the protocol reports. Returns whether all of them are there.

        Raises:
            RuntimeError: if the best weights are asked for and the training kept none.
        """
        run, job, folder = self.run, self.job, self.folder
        begun = time.time()
        data = job.data_for(run)
        if run.cell.protocol.evaluation.checkpoint == "best":
            if not folder.best.exists():
                raise RuntimeError("evaluation.checkpoint 'best': the training kept no best weights")
            load_weights(model, folder.best)
        shared: dict[str, Tensor] = {}
        if not folder.examples(run.cell.examples_file).exists():
            write_examples(model, data, run, folder, device=job.device, shared=shared)
        wanted, cache = missing_metrics(folder, run), job.plan.results / "features"
        complete = measure(model, data, run, folder, wanted, job.device, shared=shared, cache=cache)
        record = read_json(folder.record) or {}
        timing = record["timing"]
        timing["evaluate_seconds"] = round(timing.get("evaluate_seconds", 0.0) + time.time() - begun, 3)
        timing["total_seconds"] = round(timing.get("total_seconds", 0.0) + time.time() - begun, 3)
        write_json(folder.record, record)
        return complete


def names_of(run: Run) -> tuple[str | int, ...]:
    """What fixes a run's random streams."""
    return (run.cell.dataset.name, run.cell.method.name, run.dim, run.seed)


def write_run_record(job: Job, run: Run, folder: RunFolder, outcome: Outcome) -> None:
    """Write the record, then drop the checkpoint that it makes superfluous."""
    described = prepare(run.cell.dataset, job.plan.results)
    training, task = run.cell.protocol.training, outcome.task
    seconds, steps = (task.seconds, task.steps) if task else (0.0, 0)
    timing = {
        "started": outcome.started, "total_seconds": round(time.time() - outcome.started, 3),
        "train_seconds": round(seconds, 3), "steps": steps, "resumed_steps": task.resumed_step if task else 0,
        "examples_per_second": round(steps * training.batch_size / seconds, 1) if seconds else None,
    }  # fmt: skip
    where = {
        "dataset": run.cell.dataset.name, "method": run.cell.method.name, "dim": run.dim, "seed": run.seed,
        "key": run.cell.key,
    }  # fmt: skip
    write_record(
        folder, status=outcome.status, reason=outcome.reason, run=where, active=outcome.active, timing=timing,
        config=run.cell.config.model_dump(mode="json"), training=run.cell.training_fields(),
        n_parameters=n_trainable(outcome.model) if outcome.model else None,
        data={name: described[name] for name in ("digest", "n_train", "n_test", "shape")},
        source={"fingerprint": fingerprint(run.cell.method)}, versions=versions(), host=host_facts(),
        device=device_facts(job.device, training), usage=outcome.usage, notes=job.notes,
    )  # fmt: skip
    if outcome.status.finished:
        folder.checkpoint.unlink(missing_ok=True)


def _write_history(folder: RunFolder, rows: list[dict[str, float]]) -> None:
    """history.csv: one column for each name that any row has."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [",".join(columns), *(",".join(repr(row[name]) if name in row else "" for name in columns) for row in rows)]
    write_text(folder.history, "\n".join(lines) + "\n")
