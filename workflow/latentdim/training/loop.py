"""The one training loop: what happens before an epoch, in a step and after an epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn
from torch.optim import Optimizer

from latentdim.nets.kernels import use_kernel
from latentdim.nets.latent import LatentModel
from latentdim.study.protocol import Schedule
from latentdim.training.batches import Batches
from latentdim.training.clock import Clock
from latentdim.training.history import History
from latentdim.training.hooks import Diverged, Hooks, Interrupted, Loss, Step, Terms
from latentdim.training.optimizers import match_layout
from latentdim.training.rates import Rates
from latentdim.training.replay import Graphs, Replay, can_replay
from latentdim.training.saving import Saving
from latentdim.training.task import Measurement, Task


class Loop:
    """One training from its start, or from its checkpoint, to its end.

    Args:
        step: moves the parameters; is given a function that returns the step's batch, and returns the terms to record.
        optimizers: what ``step`` moves them with, by name.
        loss: the terms of a batch, for the validation loss; None for a method without a loss of one batch.
        schedule: of the optimisers' rates.
    """

    def __init__(
        self, model: nn.Module, step: Step, task: Task, *, optimizers: Mapping[str, Optimizer], hooks: Hooks,
        loss: Loss | None, schedule: Schedule,
    ) -> None:  # fmt: skip
        self.model, self.step, self.task, self.hooks, self.loss = model, step, task, hooks, loss
        self.rates = Rates(schedule, optimizers.values())  # before the checkpoint brings rates of its own
        self.saving = Saving(task, model, optimizers)
        self.counters, sums = self.saving.resume()
        task.kernel = self.counters.kernel
        use_kernel(model, task.kernel)
        for optimizer in optimizers.values():
            match_layout(optimizer)
        self.clock = Clock(task.device, seconds=self.counters.seconds)
        self.history = History(self.counters, sums, observe=hooks.observe)
        self.batches = Batches(task, examples=hooks.examples)
        replayed = can_replay(task, optimizers.values(), schedule)
        self.replay = Replay(step, Graphs(task, optimizers.values())) if replayed else None
        self.per_epoch = self.batches.per_epoch
        self.total = task.protocol.steps or (task.protocol.epochs or 1) * self.per_epoch
        task.history, task.optimizers, task.measured = self.history.rows, optimizers, self.measured

    def run(self) -> None:
        """Train, and leave the model in evaluation mode."""
        counters, kept = self.counters, self.counters.finished
        self.model.train()
        while not counters.finished:
            if counters.position == 0:
                self.before_epoch()
            self.one_step()
            if counters.position == self.per_epoch:
                self.after_epoch()
            counters.finished |= counters.step == self.total
            self.tell()
            self.save_when_due()
        self.history.read()
        self.clock.wait()
        self.task.seconds, self.task.steps = self.clock.seconds, counters.step
        if self.task.run and not kept:
            self.save()  # a stage's end is kept: the run goes on with the next one
        self.task.optimizers, self.task.measured = {}, None
        self.model.eval()
        self.complete()

    def before_epoch(self) -> None:
        """What the method does as an epoch begins."""
        if self.hooks.epoch_start:
            with self.aside():
                self.hooks.epoch_start(self.counters.epoch)

    def one_step(self) -> None:
        """One update, and a row of the history where one falls due."""
        counters = self.counters
        self.task.share_done = counters.step / self.total
        self.rates.set(counters, self.total)
        self.history.add(self.update())
        counters.step += 1
        counters.position += 1
        if counters.position == self.per_epoch or self.history.due(self.total):
            self.history.write_row()

    def update(self) -> Terms:
        """The method's step, from Python or as it was recorded."""
        epoch, position = self.counters.epoch, self.counters.position
        if self.replay:
            steps_left = self.per_epoch - position
            return self.replay(lambda: self.batches.at(epoch, position), epoch=epoch, steps_left=steps_left)
        return self.step(lambda: self.batches.at(epoch, position))

    def after_epoch(self) -> None:
        """The history is read back; validation moves rates and best weights; metrics; the method's own say."""
        counters, task = self.counters, self.task
        task.share_done = counters.step / self.total
        self.history.read()
        if self.loss is not None and len(task.data.validation):
            self.validate(self.loss)
        if task.evaluate_every and (counters.epoch + 1) % task.evaluate_every == 0:
            self.evaluate(counters.epoch + 1)
        if self.hooks.epoch_end:
            with self.aside():
                counters.finished = bool(self.hooks.epoch_end(counters.epoch))
        counters.epoch += 1
        counters.position = 0

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Evaluation mode without gradients, for the length of a block."""
        training = self.model.training
        self.model.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self.model.train(training)

    @torch.no_grad()
    def complete(self) -> None:
        """Let the method complete the model, which is in evaluation mode, as if the training ended here."""
        if self.hooks.finish:
            self.hooks.finish()

    def complete_in_passing(self) -> None:
        """The same within a training, whose draws go on as if it hadn't been done."""
        if self.hooks.finish:
            with self.task.draws_kept():
                self.complete()

    def validate(self, loss: Loss) -> None:
        """Take the validation loss; keep the weights where it is the lowest so far, and let the rates follow it."""
        counters = self.counters
        with self.aside():
            value = self.validation_loss(loss)
            self.history.rows[-1]["validation_loss"] = value
            if counters.best is None or value < counters.best:
                counters.best = value
                self.complete_in_passing()
                self.saving.keep_best()
        self.rates.follow(value, counters)

    def validation_loss(self, loss: Loss) -> float:
        """Mean of the total loss over the validation examples.

        Raises:
            Diverged: if it isn't finite.
        """
        data, size = self.task.data, self.task.protocol.batch_size
        total = torch.zeros((), dtype=torch.float64, device=self.task.device)
        for start in range(0, len(data.validation), size):
            stop = min(start + size, len(data.validation))
            batch = data.batch(data.validation, start, stop)
            total += sum(term.double() for term in loss(batch).values()) * (stop - start)
        value = total.item() / len(data.validation)
        if not math.isfinite(value):
            raise Diverged(f"the validation loss is {value} after epoch {self.counters.epoch + 1}")
        return value

    def evaluate(self, epochs: int) -> None:
        """Keep the weights after so many epochs, and take what the study asks for into the history."""
        with self.aside(), self.clock.paused():
            self.complete_in_passing()
            self.saving.keep_epoch(epochs)
            if self.task.evaluate:
                self.history.rows[-1] |= self.task.evaluate(self.latent_model, epochs)

    def measured(self, metric: str) -> Measurement:
        """A metric of the model as it is now; see :meth:`Task.measurement`.

        Raises:
            RuntimeError: if nobody handed in who measures, or what is trained is no latent model.
        """
        if self.task.metric_of is None:
            raise RuntimeError(f"task.measure({metric!r}): this task was made outside of a harness, which measures")
        with self.aside(), self.clock.paused():
            self.complete_in_passing()
            return self.task.metric_of(self.latent_model, metric)

    @property
    def latent_model(self) -> LatentModel:
        """The model, where it is one that can be measured."""
        if not isinstance(self.model, LatentModel):
            raise RuntimeError(f"a {type(self.model).__name__} can't be measured; a LatentModel can")
        return self.model

    def save_when_due(self) -> None:
        """Save the state every so many seconds, and when the process is asked to stop.

        Raises:
            Interrupted: after saving, when asked to stop.
        """
        if self.task.folder is None:
            return
        stopping = self.task.stop_requested()
        if stopping or self.saving.due:
            self.save()
        if stopping:
            raise Interrupted(f"stopped at step {self.counters.step}; the next invocation goes on from there")

    def save(self) -> None:
        """Save the state; rows of the history that wait on the device are read back for it."""
        self.history.read()
        self.counters.seconds = self.clock.seconds
        self.saving.save(self.counters, self.history.sums)

    def tell(self) -> None:
        """Tell how far the training is."""
        counters, epochs = self.counters, math.ceil(self.total / self.per_epoch)
        progress = self.task.progress
        if self.history.rows:
            progress.loss = self.history.rows[-1]["loss"]
        progress.step(counters.step, self.total, epoch=min(counters.epoch + 1, epochs), epochs=epochs)
