"""A training's step as a CUDA graph: recorded once an epoch, then replayed for each batch.

A step of a small network keeps a GPU busy for a tenth of the time that Python takes to launch it. A graph launches all
of it at once, to the same bits: the same kernels on the same numbers in the same order. It holds whatever the step took
from Python: so each epoch records its own, and only methods whose steps differ within an epoch in nothing but what lies
on the device are replayed (:attr:`latentdim.registry.declarations.Method.replayable`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Optimizer

from latentdim.study.protocol import Schedule
from latentdim.system.problems import ContractBroken
from latentdim.training.hooks import Step, Terms
from latentdim.training.task import Task

Update = Callable[[], Terms]

WARM = 2  # steps from Python first: optimisers make their state, libraries choose and load their kernels
LEAST_STEPS = 8  # of an epoch that is left: with fewer, recording costs more than it saves


def can_replay(task: Task, optimizers: Iterable[Optimizer], schedule: Schedule) -> bool:
    """Whether a training's steps are replayed: on a GPU, as the method declares, at rates that hold for an epoch."""
    return (
        task.device.type == "cuda"
        and task.replayable
        and schedule.name != "cosine"
        and all(_keeps_time_on_the_device(optimizer) for optimizer in optimizers)
    )


def _keeps_time_on_the_device(optimizer: Optimizer) -> bool:
    """Whether an optimiser counts its steps, if at all, where a graph can; torch's tell it by an option."""
    outside = not type(optimizer).__module__.startswith("torch.optim")
    return outside or isinstance(optimizer, SGD) or "capturable" in optimizer.defaults


class Replay:
    """A training's step, called in its place: from Python at first, then as it was recorded in the same epoch.

    Args:
        step: one update, from Python.
        record: gives what repeats an update without Python; see :class:`Graphs`.
    """

    def __init__(self, step: Step, record: Callable[[Update], Update]) -> None:
        self.step, self.record = step, record
        self.steps_from_python = 0
        self.epoch: int | None = None  # that the update was recorded in
        self.update: Update | None = None
        self.reads_batch = False

    def __call__(self, draw: Callable[[], Tensor], *, epoch: int, steps_left: int) -> Terms:
        """One update.

        Args:
            draw: lays the batch where all batches of the training lie, and returns it.
            steps_left: of the epoch, this one counted.

        Returns:
            The terms to record; the next update writes over them.
        """
        if self.update is not None and self.epoch == epoch:
            if self.reads_batch:
                draw()
        elif self.steps_from_python < WARM or steps_left < LEAST_STEPS:
            self.steps_from_python += 1
            return self.step(draw)
        else:
            batch = draw()
            self.update, self.epoch = self.record(lambda: self.step(lambda: self._noted(batch))), epoch
        return self.update()

    def _noted(self, batch: Tensor) -> Tensor:
        self.reads_batch = True
        return batch


class Graphs:
    """Records updates of one training as CUDA graphs, one at a time.

    Args:
        optimizers: what the updates move parameters with.
    """

    def __init__(self, task: Task, optimizers: Iterable[Optimizer]) -> None:
        self.task = task
        self.graph: torch.cuda.CUDAGraph | None = None
        self.memory, self.stream = torch.cuda.graph_pool_handle(), torch.cuda.Stream(task.device)
        for optimizer in optimizers:
            _count_on_device(optimizer)

    def __call__(self, update: Update) -> Update:
        """Record an update, without carrying it out; the one recorded before ends.

        Raises:
            ContractBroken: if it does something that a graph can't hold.
        """
        graph = torch.cuda.CUDAGraph()
        for draws in self.task.all_streams.values():
            draws.join(graph)
        where: dict[str, Any] = {"pool": self.memory, "stream": self.stream, "capture_error_mode": "thread_local"}
        try:
            with torch.cuda.graph(graph, **where):
                terms = update()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            raise ContractBroken(
                f"{self.task.names[1]}: declared replayable, but its step can't be recorded as a CUDA graph ({error}); "
                "a step that reads numbers back, or branches on them, needs replayable=False"
            ) from error
        self.graph = graph  # the one before goes only now: while there is one, both share their memory

        def replay() -> Terms:
            graph.replay()
            return terms

        return replay


def _count_on_device(optimizer: Optimizer) -> None:
    """Have an optimiser of torch's keep its count of steps on the device, what a checkpoint brought included."""
    for group in optimizer.param_groups:
        if "capturable" not in group:
            continue
        group["capturable"] = True
        for parameter in group["params"]:
            slots = optimizer.state.get(parameter, {})
            if "step" in slots:
                slots["step"] = slots["step"].to(parameter.device)
