"""The work of one run: train or restore, judge, record, draw examples, measure."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from torch import Tensor

from latentdim.harness.during import evaluate, metric_of
from latentdim.harness.environment import set_arithmetic, versions
from latentdim.harness.evaluate import NoValue, how_it_lacks, judge_collapse, measure, without_value, write_metric
from latentdim.harness.fitting import fitted
from latentdim.harness.recording import Ending, drop_checkpoints, record_of
from latentdim.harness.storing import store_tensors
from latentdim.harness.usage import Meter, metered
from latentdim.harness.workplace import Workplace
from latentdim.metrics.context import MetricUnavailable, WeightsAbsent
from latentdim.nets.latent import LatentModel
from latentdim.outcomes.outcomes import Outcome, measurements
from latentdim.plan.run import Run
from latentdim.records.fingerprint import fingerprint
from latentdim.records.folder import RunFolder
from latentdim.records.history import write_history
from latentdim.records.metric_files import read_metric
from latentdim.records.record import Record, Usage, write_record
from latentdim.records.status import Status
from latentdim.records.weights import WeightsRefused, chooser, reported_weights, undecided
from latentdim.study.evaluation import Evaluation
from latentdim.study.requested_metrics import RequestedMetric
from latentdim.system.files import read_json, write_json
from latentdim.system.identity import digest
from latentdim.training import Diverged, Task
from latentdim.training.checkpoint import save_weights
from latentdim.training.progress import Progress, say

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Work:
    """One attempt at one run, under its lease."""

    place: Workplace
    run: Run
    folder: RunFolder
    progress: Progress
    meter: Meter | None = None

    def up_to_date(self, before: Outcome) -> None:
        """Do what is left to do.

        Args:
            before: what the run's folder held so far.

        Raises:
            Diverged: if the training's losses or weights are no longer finite.
            Interrupted: when asked to stop.
        """
        set_arithmetic(self.run.cell.protocol.training, self.place.device)
        started = time.time()
        record = before.record
        trained = record is not None and record.status.finished
        if not trained:
            self.belongs_to_what_is_there()
        task = self.task()
        model = self.fitted(task)
        if record is None or not trained:
            record = self.judged(task, model, started)
        self.measured(model, record)

    def task(self, weights: Path | None = None) -> Task:
        """What the method is given.

        Args:
            weights: finished ones, to restore in place of the run's own.
        """
        run, place = self.run, self.place
        data, cache = place.data_for(run), place.results / "features"
        measuring: dict[str, Any] = {"data": data, "device": place.device, "cache": cache}
        fitting: dict[str, Any] = {"method": run.cell.method, "config": run.cell.config}
        return Task(
            dim=run.dim, data=data, protocol=run.cell.protocol.training, names=run.names, device=place.device,
            folder=self.folder, weights=weights, progress=self.progress, checkpoint_seconds=place.checkpoint_seconds,
            stop_requested=lambda: place.stopping,
            metric_of=self.unmetered(partial(metric_of, names=run.names, **fitting, **measuring)),
            evaluate=self.unmetered(partial(evaluate, run=run, folder=self.folder, **measuring)),
            evaluate_every=run.cell.protocol.evaluation.evaluate_every,
            replayable=place.cuda_graphs and run.cell.method.replayable,
        )  # fmt: skip

    def unmetered(self, measuring: Callable[P, T]) -> Callable[P, T]:
        """The same function, whose use of the machine isn't counted as the training's."""

        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            with self.meter.paused() if self.meter else nullcontext():
                return measuring(*args, **kwargs)

        return run

    def belongs_to_what_is_there(self) -> None:
        """Drop an unfinished training of other data, another runner or another torch: it would end as neither."""
        data = self.place.prepared(self.run.cell.dataset)["digest"]
        origin = digest([data, fingerprint(self.run.cell.method, self.run.cell.network), versions()["torch"]])
        unfinished = bool(self.folder.checkpoints) or self.folder.model.exists()
        if unfinished and read_json(self.folder.origin) != origin:
            say(f"afresh {self.run.title}  its data, its code or torch changed on the way", log=self.folder.log)
            self.folder.empty()
        write_json(self.folder.origin, origin)

    def fitted(self, task: Task) -> LatentModel:
        """The trained model: restored where its weights are finished, trained otherwise, its weights on disk."""
        restored = self.folder.model.exists()
        with metered(self.place.device) as self.meter:
            model = fitted(task, self.run.cell.method, self.run.cell.config)
        if restored:
            self.meter = None
        else:
            floats = {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
            bad = [name for name, value in floats.items() if not value.isfinite().all()]
            if bad:
                raise Diverged(f"weights are not finite: {', '.join(bad[:3])}")
            write_history(self.folder, task.history)
            for name, stage in task.stages.items():
                write_history(self.folder.stage(name), stage.history)
            save_weights(model, self.folder.model)
        return model

    def judged(self, task: Task, model: LatentModel, started: float) -> Record:
        """The record of a trained model, written; the checkpoint that it makes superfluous is dropped."""
        active, collapse = judge_collapse(model, task.data, task.names, self.place.device)
        status = Status.COLLAPSED if collapse else Status.OK
        usage = Usage(**self.meter.usage) if self.meter else None
        ending = Ending(status, collapse or "", started, task, model, active, usage)
        record = record_of(self.run, ending, self.place)
        write_record(self.folder, record)
        drop_checkpoints(self.folder)
        return record

    def measured(self, model: LatentModel, record: Record) -> None:
        """Examples and metrics of the weights that the protocol reports, as far as they aren't there.

        Args:
            model: with the weights after the last step.
        """
        run, folder, evaluation = self.run, self.folder, self.run.cell.protocol.evaluation
        begun = time.time()
        lacking = [item.requested for item in measurements(run, folder, status=record.status) if not item.settled]
        try:
            self.measure_to_choose(evaluation)
            weights = reported_weights(evaluation, folder)
        except (WeightsRefused, MetricUnavailable) as lack:
            status: NoValue = "refused" if isinstance(lack, WeightsRefused) else how_it_lacks(lack)
            for item in lacking:
                write_metric(folder, item, evaluation, without_value(status, str(lack)))
        else:
            reported = model if weights == folder.model else self.restored(weights)
            self.measure(reported, lacking, evaluation, record)
        write_record(folder, record.measured_for(time.time() - begun))

    def measure_to_choose(self, evaluation: Evaluation) -> None:
        """Measure the metric that chooses the weights, after each epoch where it wasn't.

        Raises:
            WeightsRefused: if weights to choose from weren't kept.
            MetricUnavailable: if it failed after one of them: another invocation may have it.
        """
        place, folder, data = self.place, self.folder, self.place.data_for(self.run)
        for epoch in undecided(evaluation, folder):
            model, metric = self.restored(folder.epoch(epoch)), chooser(evaluation, epoch)
            measure(
                model, data, self.run, folder, [metric], place.device, evaluation=evaluation.after(epoch), record=None,
                shared={}, cache=place.results / "features",
            )  # fmt: skip
        for epoch in undecided(evaluation, folder):
            content = read_metric(folder, chooser(evaluation, epoch)) or {}
            kind = WeightsAbsent if content.get("status") == "absent" else MetricUnavailable
            raise kind(f"'{evaluation.best_metric}' after epoch {epoch} can't be had: {content.get('reason', '')}")

    def restored(self, weights: Path) -> LatentModel:
        """The model with other weights than those after the last step, in whatever structure they were kept."""
        return fitted(self.task(weights), self.run.cell.method, self.run.cell.config)

    def measure(
        self, model: LatentModel, metrics: list[RequestedMetric], evaluation: Evaluation, record: Record
    ) -> None:
        """Write the examples of reported weights, and measure them."""
        run, place, folder, data = self.run, self.place, self.folder, self.place.data_for(self.run)
        shared: dict[str, Tensor] = {}
        store_tensors(model, data, run, folder, device=place.device, shared=shared)
        measure(
            model, data, run, folder, metrics, place.device, evaluation=evaluation, record=record, shared=shared,
            cache=place.results / "features",
        )  # fmt: skip
