"""A run's record, made from how it ended and where."""

from __future__ import annotations

import time
from dataclasses import dataclass

from latentdim.harness.environment import device_facts, host_facts, versions
from latentdim.harness.workplace import Workplace
from latentdim.metrics.costs.measure import n_trainable
from latentdim.nets.kernels import kernel_notes
from latentdim.nets.latent import LatentModel
from latentdim.plan.run import Run
from latentdim.records.fingerprint import fingerprint
from latentdim.records.folder import RunFolder
from latentdim.records.history import late_improvement
from latentdim.records.record import Coordinates, DataFacts, Record, Source, Stage, Timing, Usage
from latentdim.records.status import Status
from latentdim.training import Task


@dataclass(frozen=True)
class Ending:
    """How an attempt at a run ended, with what is known of its training.

    Attributes:
        started: when the attempt began, in seconds since 1970.
        active: the method's own count of active dimensions.
        usage: what the fit took of the machine; None where it was restored.
    """

    status: Status
    reason: str
    started: float
    task: Task | None = None
    model: LatentModel | None = None
    active: int | None = None
    usage: Usage | None = None


def record_of(run: Run, ending: Ending, place: Workplace) -> Record:
    """The record of a run that ended just now."""
    cell, prepared = run.cell, place.prepared(run.cell.dataset)
    where = Coordinates(dataset=cell.dataset.name, method=cell.method.name, dim=run.dim, seed=run.seed, key=cell.key)
    data = DataFacts(
        digest=prepared["digest"],
        n_train=prepared["n_train"],
        n_test=prepared["n_test"],
        shape=tuple(prepared["shape"]),
    )
    kernel = ending.task.kernel if ending.task else "plain"
    precision = cell.protocol.training.precision
    notes = (*place.notes, *kernel_notes(kernel, place.device, precision=precision))
    return Record(
        status=ending.status, reason=ending.reason, run=where, timing=_timing(ending), data=data,
        declared=cell.versions | {"dataset": cell.dataset.kind.version}, config=cell.config.model_dump(mode="json"),
        training=cell.training_fields(), active=ending.active, usage=ending.usage, notes=notes,
        n_parameters=n_trainable(ending.model) if ending.model else None,
        late_improvement=late_improvement(ending.task.history) if ending.task else None,
        versions=versions(), host=host_facts(),
        source=Source(fingerprint=fingerprint(cell.method, cell.network)),
        device=device_facts(place.device, cell.protocol.training, kernel),
    )  # fmt: skip


def _timing(ending: Ending) -> Timing:
    """Sums over the run's own training and its stages."""
    stages = ending.task.stages if ending.task else {}
    trainings = [ending.task, *stages.values()] if ending.task else []
    seconds = sum(training.seconds for training in trainings)
    examples = sum(training.steps * training.protocol.batch_size for training in trainings)
    return Timing(
        started=ending.started, total_seconds=round(time.time() - ending.started, 3), train_seconds=round(seconds, 3),
        steps=sum(training.steps for training in trainings),
        resumed_steps=sum(training.resumed_step for training in trainings),
        examples_per_second=round(examples / seconds, 1) if seconds else None,
        stages={name: Stage(train_seconds=round(part.seconds, 3), steps=part.steps) for name, part in stages.items()},
    )  # fmt: skip


def drop_checkpoints(folder: RunFolder) -> None:
    """Remove what a record makes superfluous."""
    for path in folder.checkpoints:
        path.unlink()
