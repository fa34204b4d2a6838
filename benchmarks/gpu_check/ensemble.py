"""Runs of several seeds as one batched training: a step is vmapped over them, one optimiser moves all their weights."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from benchmarks.gpu_check import engine
from benchmarks.gpu_check.engine import BATCHES

Tensors = dict[str, Tensor]


class Ensemble:
    """Each member keeps its own initial weights, order of batches and random numbers, as when it is trained alone.

    Called with a number of updates, it returns the seconds that they took.

    Args:
        tasks: one a member, alike but for the names of their streams.
        name: the method, one whose step is the gradient of one loss on one batch.

    Raises:
        RuntimeError: if the method's step isn't of that kind, or can't be vmapped.
    """

    def __init__(self, tasks: Sequence[engine.Task], name: str) -> None:
        loops = [engine.opened(task, name) for task in tasks]
        self.tasks, self.shared = tasks, engine.ensemble_task(tasks)
        self.module = _Loss(engine.opened(self.shared, name))
        self.parameters, self.buffers = stack_module_state([_Loss(loop) for loop in loops])  # type: ignore[arg-type]
        self.optimizer = engine.optimizer_for(self.shared, self.parameters.values())
        self.batches = torch.stack([engine.positions(task, BATCHES) for task in tasks], dim=1)
        self.places, self.turn = self.batches[0].clone(), 0
        with torch.no_grad():
            self.module(self.shared.examples(self.places[0]))  # the draws write down what a step asks of them
        self.draws = engine.members_of(self.shared)

    def generators(self) -> list[torch.Generator]:
        """All members' streams."""
        return [generator for task in self.tasks for generator in engine.generators_of(task)]

    def step(self) -> None:
        """One update of every member, each on its own batch, whose positions stand in a row of ``places``."""
        x = self.shared.examples(self.places.flatten()).unflatten(0, self.places.shape)

        def total(parameters: Tensors, buffers: Tensors, x: Tensor, answers: list[list[Tensor]]) -> Tensor:
            with ExitStack() as stack:
                for draws, given in zip(self.draws, answers, strict=True):
                    stack.enter_context(draws.answering(given))
                terms = functional_call(self.module, (parameters, buffers), (x,))
            return torch.stack([term.float() for term in terms.values()]).sum()

        answers = [draws.ahead() for draws in self.draws]
        with engine.precision(self.shared):
            loss = vmap(total)(self.parameters, self.buffers, x, answers).sum()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()

    def weights(self) -> dict[str, Tensor]:
        """The first member's."""
        return {name.removeprefix("model."): value[0].detach() for name, value in self.parameters.items()}

    def next_batch(self) -> None:
        """Fill in the next batches' positions."""
        self.places.copy_(self.batches[self.turn % len(self.batches)])
        self.turn += 1

    def __call__(self, updates: int) -> float:
        engine.synchronise(self.places.device)
        started = time.perf_counter()
        for _ in range(updates):
            self.next_batch()
            self.step()
        engine.synchronise(self.places.device)
        return time.perf_counter() - started


class _Loss(nn.Module):
    """A method's loss as a module's forward, so that its model's weights can be given from outside."""

    def __init__(self, loop: engine.Loop) -> None:
        super().__init__()
        if loop.loss is None:
            raise RuntimeError("the method's step isn't the gradient of one loss on one batch")
        self.model, self._loss = loop.model, loop.loss

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return self._loss(x)
