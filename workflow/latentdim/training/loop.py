"""The one training loop: what happens before an epoch, in a step and after an epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch.optim import Optimizer

from latentdim.nets.latent import LatentModel
from latentdim.study.protocol import Schedule
from latentdim.training.batches import Batches
from latentdim.training.clock import Clock
from latentdim.training.history import History
from latentdim.training.hooks import Diverged, Hooks, Loss, Step
from latentdim.training.rates import Rates
from latentdim.training.saving import Saving
from latentdim.training.task import Task


class Loop:
    """One training from its start, or from its checkpoint, to its end.

    Args:
        step: moves the parameters; is given a function that returns the step's batch, and returns the terms to record.
        optimizers: what ``step`` moves them with, by name.
        loss: the terms of a batch, for the validation loss; None for a method without a loss of one batch.
        schedule: of the optimisers' rates.
    """

    def __init__(
        self, model: LatentModel, step: Step, task: Task, *, optimizers: Mapping[str, Optimizer], hooks: Hooks,
        loss: Loss | None, schedule: Schedule,
    ) -> None:  # fmt: skip
        self.model, self.step, self.task, self.hooks, self.loss = model, step, task, hooks, loss
        self.rates = Rates(schedule, optimizers.values())  # before the checkpoint brings rates of its own
        self.saving = Saving(task, model, optimizers)
        self.counters, sums = self.saving.resume()
        self.history = History(self.counters, sums, observe=hooks.observe)
        self.batches = Batches(task, examples=hooks.examples)
        self.per_epoch = self.batches.per_epoch(self.counters.epoch)
        self.total = task.protocol.steps or (task.protocol.epochs or 1) * self.per_epoch
        task.history = self.history.rows

    def run(self) -> None:
        """Train, and leave the model in evaluation mode."""
        counters, clock = self.counters, Clock(self.counters.seconds)
        self.model.train()
        while counters.step < self.total:
            if counters.position == 0:
                self.before_epoch()
            self.one_step()
            if counters.position == self.per_epoch:
                self.after_epoch()
            self.tell()
            self.saving.save_when_due(counters, self.history.sums, clock)
        if self.task.device.type == "cuda":
            torch.cuda.synchronize(self.task.device)
        self.task.seconds, self.task.steps = clock.seconds, counters.step
        self.complete()

    def before_epoch(self) -> None:
        """What the method does as an epoch begins."""
        if self.hooks.epoch_start:
            self.model.eval()
            with torch.no_grad():
                self.hooks.epoch_start(self.counters.epoch)
            self.model.train()

    def one_step(self) -> None:
        """One update, and a row of the history where one falls due."""
        counters = self.counters
        self.task.share_done = counters.step / self.total
        self.rates.set(counters, self.total)
        self.history.add(self.step(lambda: self.batches.at(counters.epoch, counters.position)))
        counters.step += 1
        counters.position += 1
        if counters.position == self.per_epoch or self.history.due(self.total):
            self.history.write_row()

    def after_epoch(self) -> None:
        """Validation, with what hangs on it: the best weights and the plateau schedule."""
        counters = self.counters
        if self.loss is not None and len(self.task.data.validation):
            value = self.validation_loss(self.loss)
            self.history.rows[-1]["validation_loss"] = value
            if counters.best is None or value < counters.best:
                counters.best = value
                self.complete()
                self.saving.keep_best()
            self.rates.follow(value, counters)
            self.model.train()
        counters.epoch += 1
        counters.position = 0

    def complete(self) -> None:
        """Put the model into evaluation mode, and let the method complete it."""
        self.model.eval()
        if self.hooks.finish:
            with torch.no_grad():
                self.hooks.finish()

    @torch.no_grad()
    def validation_loss(self, loss: Loss) -> float:
        """Mean of the total loss over the validation examples; leaves the model in evaluation mode.

        Raises:
            Diverged: if it isn't finite.
        """
        data, size = self.task.data, self.task.protocol.batch_size
        self.model.eval()
        total = torch.zeros((), dtype=torch.float64, device=self.task.device)
        for start in range(0, len(data.validation), size):
            stop = min(start + size, len(data.validation))
            batch = data.batch(data.validation, start, stop)
            total += sum(term.double() for term in loss(batch).values()) * (stop - start)
        value = total.item() / len(data.validation)
        if not math.isfinite(value):
            raise Diverged(f"the validation loss is {value} after epoch {self.counters.epoch + 1}")
        return value

    def tell(self) -> None:
        """Tell how far the training is."""
        counters, epochs = self.counters, math.ceil(self.total / self.per_epoch)
        progress = self.task.progress
        if self.history.rows:
            progress.loss = self.history.rows[-1]["loss"]
        progress.step(counters.step, self.total, epoch=min(counters.epoch + 1, epochs), epochs=epochs)
