"""The one training loop: it owns order, schedule, history, checkpoints and progress."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.optim import Optimizer

from latentdim.nets.latent import LatentModel
from latentdim.training.checkpoint import Counters, load_checkpoint, load_weights, save_checkpoint, save_weights
from latentdim.training.task import Task

Terms = dict[str, Tensor]
Loss = Callable[[Tensor], Terms]
Step = Callable[[Callable[[], Tensor]], Terms]
HISTORY_ROWS = 50


class Diverged(Exception):
    """A loss term is no longer a finite number. A scientific outcome, not a bug."""


class Interrupted(Exception):
    """The process was asked to stop; the training's state is saved."""


@dataclass(frozen=True)
class Hooks:
    """Where a method takes part in an epoch.

    Attributes:
        examples: positions of the training examples that an epoch goes through; a pure function of its number, since a
            resumed training asks again. All by default.
        epoch_start: called once as each epoch begins.
        observe: extra columns for the history, called as each row is written.
        finish: called before weights are kept: after the last step, and after each epoch whose validation loss is the
            lowest so far. It may set buffers that only the finished model reads, and must leave the training alone.
    """

    examples: Callable[[int], Tensor] | None = None
    epoch_start: Callable[[int], None] | None = None
    observe: Callable[[], dict[str, float]] | None = None
    finish: Callable[[], None] | None = None


@dataclass
class Loop:
    """One training from its start, or from its checkpoint, to its end."""

    model: LatentModel
    step: Step
    task: Task
    optimizers: dict[str, Optimizer]
    hooks: Hooks
    loss: Loss | None = None
    scheduled: bool = False
    counters: Counters = field(default_factory=Counters)
    sums: Terms = field(default_factory=dict)
    order: Tensor | None = None
    rates: dict[str, list[float]] = field(default_factory=dict)
    saved: float = field(default_factory=time.monotonic)
    clock: float = 0.0

    def run(self) -> None:
        """Train, and leave the model in evaluation mode."""
        if self.task.finished_weights is not None:
            load_weights(self.model, self.task.finished_weights)
            self.model.eval()
            return
        self.rates = {name: [group["lr"] for group in o.param_groups] for name, o in self.optimizers.items()}
        self.resume()
        self.task.history = self.counters.history
        per_epoch = len(self.indices(self.counters.epoch)) // self.task.protocol.batch_size
        total = self.task.protocol.steps or (self.task.protocol.epochs or 1) * per_epoch
        self.model.train()
        self.clock = time.monotonic() - self.counters.seconds
        while self.counters.step < total:
            self.one_step(total, per_epoch)
        if self.task.device.type == "cuda":
            torch.cuda.synchronize(self.task.device)
        self.task.seconds, self.task.steps = time.monotonic() - self.clock, self.counters.step
        self.finish()

    def finish(self) -> None:
        """Put the model into evaluation mode, and let the method complete it."""
        self.model.eval()
        if self.hooks.finish:
            with torch.no_grad():
                self.hooks.finish()

    def one_step(self, total: int, per_epoch: int) -> None:
        """One step and everything that falls due after it."""
        counters = self.counters
        if counters.position == 0 and self.hooks.epoch_start:
            with torch.no_grad():
                self.model.eval()
                self.hooks.epoch_start(counters.epoch)
                self.model.train()
        self.task.share_done = counters.step / total
        self.set_rates(total)
        self.add(self.step(self.draw))
        counters.step += 1
        counters.position += 1
        ends = counters.position == per_epoch
        if ends or counters.step % math.ceil(total / HISTORY_ROWS) == 0 or counters.step == total:
            self.write_row()
        if ends:
            self.end_epoch()
        epochs = math.ceil(total / per_epoch)
        self.task.progress.step(counters.step, total, epoch=min(counters.epoch + 1, epochs), epochs=epochs)
        self.save_when_due()

    def indices(self, epoch: int) -> Tensor:
        """Positions that an epoch goes through."""
        return self.hooks.examples(epoch) if self.hooks.examples else torch.arange(self.task.n_train)

    def draw(self) -> Tensor:
        """The next batch of the epoch's order; a short last batch is left out."""
        if self.order is None:
            indices = self.indices(self.counters.epoch)
            shuffled = torch.randperm(len(indices), generator=self.task.stream_at("order", self.counters.epoch))
            self.order = indices[shuffled].to(self.task.device)
        size, start = self.task.protocol.batch_size, self.counters.position * self.task.protocol.batch_size
        return self.task.examples(self.order[start : start + size])

    def set_rates(self, total: int) -> None:
        """Learning rates of this step: the cosine, and the factor that the plateau schedule has reached."""
        if not self.scheduled or self.task.protocol.schedule.name == "constant":
            return
        factor = self.counters.rate
        if self.task.protocol.schedule.name == "cosine":
            factor = 0.5 * (1.0 + math.cos(math.pi * self.counters.step / total))
        for name, optimizer in self.optimizers.items():
            for group, rate in zip(optimizer.param_groups, self.rates[name], strict=True):
                group["lr"] = rate * factor

    def add(self, terms: Terms) -> None:
        """Add the terms up on the device: nothing is read back inside an epoch."""
        for name, term in terms.items():
            if name in self.sums:
                self.sums[name].add_(term.detach())
            else:
                wide = torch.float64 if term.device.type == "cpu" else torch.float32
                self.sums[name] = term.detach().to(wide, copy=True)
        self.counters.summed += 1

    def write_row(self) -> None:
        """Means since the last row, the total, and what the method observes.

        Raises:
            Diverged: if one of them isn't finite.
        """
        counters = self.counters
        values = torch.stack([value.to(torch.float64) for value in self.sums.values()]).tolist()
        row = {"step": float(counters.step), "epoch": float(counters.epoch + 1)}
        row |= {name: value / counters.summed for name, value in zip(self.sums, values, strict=True)}
        for name in self.sums:
            if not math.isfinite(row[name]):
                raise Diverged(f"the loss term '{name}' is {row[name]} at step {counters.step}")
        row["loss"] = sum(row[name] for name in self.sums)
        if self.hooks.observe:
            with torch.no_grad():
                row |= self.hooks.observe()
        self.task.progress.loss = row["loss"]
        counters.history.append(row)
        self.sums, counters.summed = {}, 0

    def end_epoch(self) -> None:
        """Validation, the plateau schedule, the best weights; then a new order."""
        counters = self.counters
        if self.loss is not None and len(self.task.data.validation):
            value = self.validation_loss(self.loss)
            counters.history[-1]["validation_loss"] = value
            if counters.best is None or value < counters.best:
                counters.best = value
                self.keep_best()
            self.follow_plateau(value)
        counters.epoch += 1
        counters.position = 0
        self.order = None

    def keep_best(self) -> None:
        """Save the weights as they are, completed by the method."""
        if self.task.folder is not None:
            self.finish()
            save_weights(self.model, self.task.folder.best)
            self.model.train()

    def follow_plateau(self, loss: float) -> None:
        """Multiply the rate once the epochs without an improvement reach the patience (Keras's count)."""
        schedule, counters = self.task.protocol.schedule, self.counters
        if counters.plateau is None or loss < counters.plateau - schedule.threshold:
            counters.plateau, counters.bad_epochs = loss, 0
        else:
            counters.bad_epochs += 1
        if schedule.name == "plateau" and counters.bad_epochs >= schedule.patience:
            counters.rate *= schedule.factor
            counters.bad_epochs = 0

    @torch.no_grad()
    def validation_loss(self, loss: Loss) -> float:
        """Mean of the total loss over the validation examples, in evaluation mode."""
        data, size = self.task.data, self.task.protocol.batch_size
        self.model.eval()
        total = torch.zeros((), dtype=torch.float64, device=self.task.device)
        for start in range(0, len(data.validation), size):
            stop = min(start + size, len(data.validation))
            batch = data.batch(data.validation, start, stop)
            total += sum(term.double() for term in loss(batch).values()) * (stop - start)
        self.model.train()
        value = total.item() / len(data.validation)
        if not math.isfinite(value):
            raise Diverged(f"the validation loss is {value} after epoch {self.counters.epoch + 1}")
        return value

    def save_when_due(self) -> None:
        """Save the training's state every so many seconds, and when the process is asked to stop.

        Raises:
            Interrupted: after saving, when asked to stop.
        """
        task = self.task
        stopping = task.stop_requested()
        if task.folder is None or not (stopping or time.monotonic() - self.saved >= task.checkpoint_seconds):
            return
        self.counters.seconds = time.monotonic() - self.clock
        save_checkpoint(
            task.folder.checkpoint, model=self.model, optimizers=self.optimizers, streams=task.streams,
            sums=self.sums, counters=self.counters,
        )  # fmt: skip
        self.saved = time.monotonic()
        if stopping:
            raise Interrupted(f"stopped at step {self.counters.step}; the next invocation goes on from there")

    def resume(self) -> None:
        """Go on from the checkpoint, where there is one that was made on this kind of device."""
        task = self.task
        self.counters.device = task.device.type
        if task.folder is None or not task.folder.checkpoint.exists():
            return
        fresh = self.counters
        counters, sums = load_checkpoint(
            task.folder.checkpoint,
            model=self.model,
            optimizers=self.optimizers,
            streams=task.stream,
            device=task.device,
        )
        if counters.device != fresh.device:
            raise RuntimeError(
                f"the checkpoint in {task.folder.path} was made on '{counters.device}' and this is '{fresh.device}': a "
                "training never changes its kind of device; delete the checkpoint to start again"
            )
        self.counters, self.sums = counters, sums
        task.resumed_step = counters.step
