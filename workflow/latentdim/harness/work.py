"""The work of one run: train or restore, judge, record, draw examples, measure."""

from __future__ import annotations

import time
from dataclasses import dataclass

from torch import Tensor

from latentdim.harness.environment import set_arithmetic, versions
from latentdim.harness.evaluate import judge_collapse, measure
from latentdim.harness.examples import write_examples
from latentdim.harness.fitting import fitted
from latentdim.harness.recording import Ending, record_of
from latentdim.harness.usage import metered
from latentdim.harness.workplace import Workplace
from latentdim.nets.latent import LatentModel
from latentdim.outcomes.outcomes import Outcome, measurements
from latentdim.plan.plan import Run
from latentdim.records.fingerprint import fingerprint
from latentdim.records.folder import RunFolder
from latentdim.records.history import write_history
from latentdim.records.record import Record, Usage, write_record
from latentdim.records.status import Status
from latentdim.system.files import read_json, write_json
from latentdim.system.identity import digest
from latentdim.training import Diverged, Task
from latentdim.training.checkpoint import load_weights, save_weights
from latentdim.training.progress import Progress, say


@dataclass
class Work:
    """One attempt at one run, under its lease."""

    place: Workplace
    run: Run
    folder: RunFolder
    progress: Progress
    usage: Usage | None = None

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

    def task(self) -> Task:
        """What the method is given."""
        run, place = self.run, self.place
        return Task(
            dim=run.dim, data=place.data_for(run), protocol=run.cell.protocol.training, names=run.names,
            device=place.device, folder=self.folder, progress=self.progress,
            checkpoint_seconds=place.checkpoint_seconds, stop_requested=lambda: place.stopping,
        )  # fmt: skip

    def belongs_to_what_is_there(self) -> None:
        """Drop an unfinished training of other data, another runner or another torch: it would end as neither."""
        data = self.place.prepared(self.run.cell.dataset)["digest"]
        origin = digest([data, fingerprint(self.run.cell.method, self.run.cell.network), versions()["torch"]])
        unfinished = self.folder.checkpoint.exists() or self.folder.model.exists()
        if unfinished and read_json(self.folder.origin) != origin:
            say(f"afresh {self.run.title}  its data, its code or torch changed on the way", log=self.folder.log)
            self.folder.empty()
        write_json(self.folder.origin, origin)

    def fitted(self, task: Task) -> LatentModel:
        """The trained model: restored where its weights are finished, trained otherwise, its weights on disk."""
        restored = self.folder.model.exists()
        with metered(self.place.device) as usage:
            model = fitted(task, self.run.cell.method, self.run.cell.config)
        if not restored:
            self.usage = Usage(**usage)
            floats = {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
            bad = [name for name, value in floats.items() if not value.isfinite().all()]
            if bad:
                raise Diverged(f"weights are not finite: {', '.join(bad[:3])}")
            write_history(self.folder, task.history)
            save_weights(model, self.folder.model)
        return model

    def judged(self, task: Task, model: LatentModel, started: float) -> Record:
        """The record of a trained model, written; the checkpoint that it makes superfluous is dropped."""
        active, collapse = judge_collapse(model, task.data, task.names, self.place.device)
        status = Status.COLLAPSED if collapse else Status.OK
        ending = Ending(status, collapse or "", started, task, model, active, self.usage)
        record = record_of(self.run, ending, self.place)
        write_record(self.folder, record)
        self.folder.checkpoint.unlink(missing_ok=True)
        return record

    def measured(self, model: LatentModel, record: Record) -> None:
        """Examples and metrics of the weights that the protocol reports, as far as they aren't there.

        Raises:
            RuntimeError: if the best weights are asked for and the training kept none.
        """
        run, place, folder = self.run, self.place, self.folder
        begun = time.time()
        data = place.data_for(run)
        if run.cell.protocol.evaluation.checkpoint == "best":
            if not folder.best.exists():
                raise RuntimeError("evaluation.checkpoint 'best': the training kept no best weights")
            load_weights(model, folder.best)
        shared: dict[str, Tensor] = {}
        if not folder.examples(run.cell.examples_file).exists():
            write_examples(model, data, run, folder, device=place.device, shared=shared)
        lacking = [item.requested for item in measurements(run, folder, status=record.status) if not item.settled]
        measure(
            model, data, run, folder, lacking, place.device, record=record, shared=shared,
            cache=place.results / "features",
        )  # fmt: skip
        write_record(folder, record.measured_for(time.time() - begun))
