"""Learning rates over a training: those that the optimisers were made with, times what the schedule says."""

from __future__ import annotations

import math
from collections.abc import Iterable

from torch.optim import Optimizer

from latentdim.study.protocol import Schedule
from latentdim.training.checkpoint import Counters


class Rates:
    """The rates of some optimisers' groups under one schedule, as numbers of the host.

    torch's schedulers would give other numbers: its cosine is a recursion whose rounding adds up, its plateau falls an
    epoch later. Rates that are tensors of doubles give the same bits on the CPU, where they gain nothing; on a GPU the
    fused Adam takes them in single precision only, and the other optimisers read them back at every step.
    """

    def __init__(self, schedule: Schedule, optimizers: Iterable[Optimizer]) -> None:
        self.schedule = schedule
        self.initial = [(optimizer, [group["lr"] for group in optimizer.param_groups]) for optimizer in optimizers]

    def set(self, counters: Counters, total: int) -> None:
        """Set the rates of the step that comes next, of ``total``."""
        if self.schedule.name == "constant":
            return
        factor = counters.rate
        if self.schedule.name == "cosine":
            factor = 0.5 * (1.0 + math.cos(math.pi * counters.step / total))
        for optimizer, rates in self.initial:
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor

    def follow(self, loss: float, counters: Counters) -> None:
        """After an epoch's validation: lower the rate once the epochs without improvement reach the patience.

        Keras's count; the factor acts from the next step on.
        """
        if counters.plateau is None or loss < counters.plateau - self.schedule.threshold:
            counters.plateau, counters.bad_epochs = loss, 0
        else:
            counters.bad_epochs += 1
        if self.schedule.name == "plateau" and counters.bad_epochs >= self.schedule.patience:
            counters.rate *= self.schedule.factor
            counters.bad_epochs = 0
