"""Saving a training: its state now and then, the best weights after an epoch; and going on from what was saved."""

from __future__ import annotations

import time
from collections.abc import Mapping

from torch.optim import Optimizer

from latentdim.nets.latent import LatentModel
from latentdim.training.checkpoint import Counters, load_checkpoint, save_checkpoint, save_weights
from latentdim.training.clock import Clock
from latentdim.training.hooks import Interrupted, Terms
from latentdim.training.task import Task


class Saving:
    """What one training leaves in its run's folder; without a folder nothing is written."""

    def __init__(self, task: Task, model: LatentModel, optimizers: Mapping[str, Optimizer]) -> None:
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
            return Counters(device=device.type), {}
        counters, sums = load_checkpoint(
            task.folder.checkpoint, model=self.model, optimizers=self.optimizers, streams=task.draws, device=device
        )
        if counters.device != device.type:
            raise RuntimeError(
                f"the checkpoint in {task.folder.path} was made on '{counters.device}' and this is '{device.type}': a "
                "training never changes its kind of device; delete the checkpoint to start again"
            )
        task.resumed_step = counters.step
        return counters, sums

    def save_when_due(self, counters: Counters, sums: Terms, clock: Clock) -> None:
        """Save the state every so many seconds, and when the process is asked to stop.

        Raises:
            Interrupted: after saving, when asked to stop.
        """
        task = self.task
        stopping = task.stop_requested()
        if task.folder is None or not (stopping or time.monotonic() - self.saved >= task.checkpoint_seconds):
            return
        counters.seconds = clock.seconds
        save_checkpoint(
            task.folder.checkpoint, model=self.model, optimizers=self.optimizers, streams=task.streams, sums=sums,
            counters=counters,
        )  # fmt: skip
        self.saved = time.monotonic()
        if stopping:
            raise Interrupted(f"stopped at step {counters.step}; the next invocation goes on from there")

    def keep_best(self) -> None:
        """Keep the weights as they are as the best so far."""
        if self.task.folder is not None:
            save_weights(self.model, self.task.folder.best)
