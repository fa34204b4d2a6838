"""All that the check asks of the engine, in one place: tasks, runs, their steps and their random numbers."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from benchmarks.contenders import Workload, workloads
from benchmarks.gpu_check.draws import Members, Moved
from benchmarks.images import Images
from latentdim.harness.during import metric_of
from latentdim.harness.environment import set_arithmetic
from latentdim.nets import LatentModel
from latentdim.nets.count import counts
from latentdim.nets.draws import Draws
from latentdim.records.folder import RunFolder
from latentdim.registry import methods
from latentdim.registry.declarations import Method, resolve
from latentdim.study.protocol import Training
from latentdim.training import Interrupted, Task, train
from latentdim.training.data import Data, Scaling, Split
from latentdim.training.loop import Loop
from latentdim.training.optimizers import optimizer_of
from latentdim.training.train import precision

FACTORS = 3  # columns of pixels whose mean brightness stands in for known factors, which the oracle wants
FORWARD_AND_BACKWARD = 3.0  # the backward pass computes two products for each of the forward pass's
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
REAL_LENGTH = 25_000  # updates of a training of 50 epochs
EXAMPLES = 60_000  # for training
BATCHES = 64  # of one run, whose positions lie ready on the device
__all__ = ["Interrupted", "Loop", "Task", "Workload", "precision"]


def networks(*, tiny: bool) -> list[Workload]:
    """The suite's two networks, as workloads of the VAE."""
    return [workload for workload in workloads(tiny=tiny) if workload.method == "vae"]


def trained_methods(workload: Workload) -> list[str]:
    """Names of the methods that train step by step, and can with the workload's network."""
    protocol = workload.protocol(threads=1)
    return [
        method.name
        for method in methods()
        if "steps" not in method.unused_fields and not any(_refusals(method, protocol))
    ]


def _refusals(method: Method, protocol: Training) -> Iterable[str]:
    config = method.config(**method.tried_with)
    return resolve(method.compatibility)(config, protocol, EXAMPLES) if method.compatibility else ()  # type: ignore[no-any-return]


def cost(name: str) -> float:
    """What a method declares its steps to cost, relative to a VAE's."""
    return methods().get(name).cost


def closed_methods() -> list[str]:
    """Names of the methods that have a closed form."""
    return [method.name for method in methods() if "steps" in method.unused_fields]


def flops(workload: Workload) -> float:
    """Floating-point operations of a training step on one image: products of both passes, nothing else."""
    return FORWARD_AND_BACKWARD * counts(workload.network, shape=workload.shape, dim=workload.dim).flops


def data_of(images: Images, workload: Workload, device: torch.device, *, count: int | None = None) -> Data:
    """Training images padded as the workload's network wants them, as bytes on the device."""
    margin = (workload.side - 28) // 2
    values = nn.functional.pad(torch.tensor(images.array()[:count]).unsqueeze(1), (margin,) * 4)
    factors = values[:, 0, 8 : workload.side - 8, 10 : 10 + FACTORS].float().mean(dim=1)
    whole = Split(values.to(device), factors.to(device))
    return Data(whole, whole.part(0, 0), whole.part(0, min(1000, len(whole))), Scaling(1.0, 0.0))


def task_of(
    workload: Workload, data: Data, device: torch.device, *, updates: int, precision: str = "float32",
    threads: int = 1, seed: int = 0, kind: type[Task] = Task, **rest: Any,
) -> Task:  # fmt: skip
    """A run of the workload's method, with the arithmetic of the suite's runs set for this process."""
    protocol = workload.protocol(threads=threads, precision=precision, updates=updates)
    set_arithmetic(protocol, device)
    names = ("gpu-check", workload.method, workload.dim, seed)
    return kind(workload.dim, data, protocol, names, device, **rest)


def tasks(workload: Workload, images: Images, device: torch.device, **settings: Any) -> Callable[..., Task]:
    """Makes runs as long as real ones on all images, with :func:`task_of`'s settings and those it is called with."""
    return partial(task_of, workload, data_of(images, workload, device), device, updates=REAL_LENGTH, **settings)


def fit(task: Task, name: str, *, replayed: bool = True) -> LatentModel:
    """Train the method's model to its end, or fill it; on a GPU by replays where the method allows them."""
    method: Method = methods().get(name)
    task.replayable = method.replayable and replayed
    config = method.config(**method.tried_with)
    task.metric_of = partial(
        metric_of, method=method, config=config, data=task.data, names=task.names, device=task.device
    )
    model: LatentModel = resolve(method.runner)(task, config)
    return model


def kept_in(folder: Path) -> RunFolder:
    """A run's folder, where its checkpoints lie."""
    folder.mkdir(parents=True, exist_ok=True)
    return RunFolder(folder)


def of_method(workload: Workload, name: str) -> Workload:
    """The same network under another method."""
    return replace(workload, method=name)


def nudged(data: Data, share: float) -> Data:
    """The same data with every value the network sees larger by a share."""
    return replace(data, scaling=replace(data.scaling, factor=data.scaling.factor * (1.0 + share)))


def synchronise(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class Opened(Exception):
    """Carries a training that is about to begin, in place of running it."""

    def __init__(self, loop: Loop) -> None:
        super().__init__("opened")
        self.loop = loop


class _Unstarted(Loop):
    def run(self) -> None:
        raise Opened(self)


def opened(task: Task, name: str) -> Loop:
    """A method's training before its first step: model, step and loss as its runner made them.

    Raises:
        ValueError: if the method has a closed form.
    """
    with mock.patch.object(importlib.import_module(train.__module__), "Loop", _Unstarted):
        try:
            fit(task, name, replayed=False)
        except Opened as ready:
            ready.loop.model.train()
            return ready.loop
    raise ValueError(f"{name} doesn't train")


def optimizer_for(task: Task, parameters: Iterable[Tensor]) -> Optimizer:
    """The protocol's optimiser for some tensors."""
    return optimizer_of(task.protocol.optimizer, parameters)  # type: ignore[arg-type]


def make_capturable(optimizers: Iterable[Optimizer]) -> None:
    """Let optimisers keep their count of steps on the device, as a graph needs it."""
    for group in (group for optimizer in optimizers for group in optimizer.param_groups):
        if "capturable" in group:
            group["capturable"] = True


def positions(task: Task, count: int) -> Tensor:
    """Positions of the examples of so many batches, ``(count, B)``, each epoch in a random order."""
    size = task.protocol.batch_size
    parts: list[Tensor] = []
    for epoch in itertools.count():
        order = task.order(epoch).permutation(task.n_train)
        parts.append(order[: len(order) // size * size].reshape(-1, size))
        if sum(map(len, parts)) >= count:
            return torch.cat(parts)[:count].to(task.device)
    raise AssertionError("unreachable")


def generators_of(task: Task) -> list[torch.Generator]:
    """The generators that a training's steps draw from, which a graph must know."""
    return [draws._generator for draws in task.streams.values()]


class CpuDrawnTask(Task):
    """A task that draws the same numbers on every device."""

    def draws(self, name: str) -> Draws:
        """Numbers drawn on the CPU and moved to the device."""
        if name not in self.streams:
            self.streams[name] = Moved(Draws.named(*self.names, name), self.device)
        return self.streams[name]


def ensemble_task(tasks: Sequence[Task]) -> Task:
    """The first of several tasks, whose draws are those of all of them."""
    first = tasks[0]

    class EnsembleTask(Task):
        def draws(self, name: str) -> Draws:
            if name not in self.streams:
                self.streams[name] = Members([task.draws(name) for task in tasks])
            return self.streams[name]

    return EnsembleTask(first.dim, first.data, first.protocol, first.names, first.device)


def members_of(task: Task) -> list[Members]:
    """The draws of an ensemble's task."""
    return [draws for draws in task.streams.values() if isinstance(draws, Members)]


def set_arithmetic_of_runs(device: torch.device) -> None:
    """Threads and arithmetic as in the suite's runs."""
    set_arithmetic(networks(tiny=True)[0].protocol(threads=1), device)


def weights_alone(task: Task, name: str, batches: Iterable[Tensor]) -> dict[str, Tensor]:
    """A method's weights after a step on each batch of positions, taken one by one."""
    loop = opened(task, name)
    for places in batches:
        loop.step(partial(task.examples, places))
    return weights_of(loop.model)


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """A copy of a model's parameters."""
    return {name: value.detach().clone() for name, value in model.named_parameters()}
