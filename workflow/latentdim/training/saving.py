"""Saving a training: its state now and then, the weights after some epochs; and going on from what was saved."""

from __future__ import annotations

import time
from collections.abc import Mapping

from torch import nn
from torch.optim import Optimizer

from latentdim.nets.kernels import kernel_for
from latentdim.training.checkpoint import Counters, load_checkpoint, save_checkpoint, save_weights
from latentdim.training.hooks import Terms
from latentdim.training.task import Task


class Saving:
    """What one training leaves in its run's folder; without a folder nothing is written."""

    def __init__(self, task: Task, model: nn.Module, optimizers: Mapping[str, Optimizer]) -> None:
        self.task, self.model, self.optimizers = task, model, optimizers
        self.saved = time.monotonic()

    def resume(self) -> tuple[Counters, Terms]:
        """The state in the checkpoint, put into model and optimisers, or that of a training which is about to begin.

        Returns:
            The counters, and the loss sums of the unfinished row.

        Raises:
            RuntimeError: if the checkpoint was made on another kind of device.
        """
        task, device = self.task, self.task.device
        if task.folder is None or not task.folder.checkpoint.exists():
            return Counters(device=device.type, kernel=kernel_for(device, task.protocol.precision)), {}
        counters, sums = load_checkpoint(
            task.folder.checkpoint,
            model=self.model,
            optimizers=self.optimizers,
            streams=task.stream_in_checkpoint,
            device=device,
        )
        if counters.device != device.type:
            raise RuntimeError(
                f"the checkpoint in {task.folder.path} was made on '{counters.device}' and this is '{device.type}': a "
                "training never changes its kind of device; delete the checkpoint to start again"
            )
        task.resumed_step = counters.step
        return counters, sums

    @property
    def due(self) -> bool:
        """Whether the time for the next saving has come."""
        return time.monotonic() - self.saved >= self.task.checkpoint_seconds

    def save(self, counters: Counters, sums: Terms) -> None:
        """Save the state."""
        if self.task.folder is not None:
            save_checkpoint(
                self.task.folder.checkpoint, model=self.model, optimizers=self.optimizers,
                streams=self.task.all_streams, sums=sums, counters=counters,
            )  # fmt: skip
        self.saved = time.monotonic()

    def keep_best(self) -> None:
        """Keep the weights as they are as the best so far; of the run alone, whose stages are parts of a model."""
        if self.task.folder is not None and self.task.run is None:
            save_weights(self.model, self.task.folder.best)

    def keep_epoch(self, epochs: int) -> None:
        """Keep the weights as they are as those after so many epochs."""
        if self.task.folder is not None:
            save_weights(self.model, self.task.folder.epoch(epochs))
