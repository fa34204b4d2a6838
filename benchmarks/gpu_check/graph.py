"""A training's step as a CUDA graph: captured once, replayed for each batch, so that Python launches nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor

from benchmarks.gpu_check import engine
from benchmarks.gpu_check.engine import BATCHES

if TYPE_CHECKING:
    from benchmarks.gpu_check.ensemble import Ensemble

WARM = 4  # unrecorded steps: optimisers make their state, libraries choose their algorithms


class Captured:
    """A step with everything that it reads and writes at fixed places in the device's memory.

    Called with a number of updates, it returns the seconds that they took.

    Args:
        step: one update on the batch whose positions stand in ``places``.
        places: a tensor that is filled before each update.
        batches: what it is filled with, in turn, ``(BATCHES, *places.shape)``.
        generators: called after some steps, gives those that a step draws from.
        weights: what the step moves; of an ensemble, its first member's.

    Raises:
        RuntimeError: if the device has no graphs, or the step does something that a graph can't hold.
    """

    def __init__(
        self, step: Callable[[], Any], places: Tensor, batches: Tensor, *,
        generators: Callable[[], Iterable[torch.Generator]], weights: Callable[[], dict[str, Tensor]],
    ) -> None:  # fmt: skip
        if places.device.type != "cuda":
            raise RuntimeError("graphs are a GPU's, and this runs on the CPU")
        self.places, self.batches, self.turn, self.weights = places, batches, 0, weights
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM):
                self.next_batch()
                step()
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        for generator in generators():
            self.graph.register_generator_state(generator)
        with torch.cuda.graph(self.graph, stream=side):
            step()

    @classmethod
    def of_run(cls, task: engine.Task, name: str) -> Self:
        """A method's own step, with its optimisers' and its loss terms' sums."""
        loop = engine.opened(task, name)
        engine.make_capturable(task.optimizers.values())
        batches = engine.positions(task, BATCHES)
        places = batches[0].clone()
        sums: dict[str, Tensor] = {}

        def step() -> None:
            for term, value in loop.step(lambda: task.examples(places)).items():
                sums.setdefault(term, torch.zeros((), device=task.device)).add_(value.detach())

        return cls(
            step,
            places,
            batches,
            generators=lambda: engine.generators_of(task),
            weights=lambda: engine.weights_of(loop.model),
        )

    @classmethod
    def of_ensemble(cls, ensemble: Ensemble) -> Self:
        """The step of several runs at once."""
        engine.make_capturable([ensemble.optimizer])
        return cls(
            ensemble.step,
            ensemble.places,
            ensemble.batches,
            generators=ensemble.generators,
            weights=ensemble.weights,
        )

    def next_batch(self) -> None:
        """Fill in the next batch's positions."""
        self.places.copy_(self.batches[self.turn % len(self.batches)])
        self.turn += 1

    def __call__(self, updates: int) -> float:
        engine.synchronise(self.places.device)
        started = time.perf_counter()
        for _ in range(updates):
            self.next_batch()
            self.graph.replay()
        engine.synchronise(self.places.device)
        return time.perf_counter() - started

    def close(self) -> None:
        """Let go of the graph and its memory."""
        self.graph.reset()
