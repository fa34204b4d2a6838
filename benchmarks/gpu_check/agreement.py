"""float32 on the device against the CPU: the same initial weights, batches and random numbers, some steps later.

The first losses are held to what only the order of sums may move. A hundred steps of Adam then let any rounding grow,
since it divides small gradients by their own size; what is computed wrongly moves the weights as much as the training
does, some tenths of their norm and more. What rounding alone does stands beside the difference: the same training on
the CPU with every input larger by a few parts in ten million, the last bit or two of a float32; for the larger network
under the VAE alone, since the CPU takes long.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from benchmarks.gpu_check import engine
from benchmarks.gpu_check.sections import Bench, Row

STEPS = 100
NUDGE = 2.0**-22
TOLERANCES = {"first losses": 1e-5, "losses": 5e-3, "weights": 5e-2}
CLOSED_TOLERANCES = {"weights": 1e-4}
IMAGES = 12_000
History = Sequence[Mapping[str, float]]
Tensors = dict[str, Tensor]


def rows(bench: Bench) -> Iterator[list[Row]]:
    """One row a method and network; methods of closed form on the smaller images alone."""
    small, large = engine.networks(tiny=bench.tiny)
    for method in engine.trained_methods(small):
        yield [compared(bench, engine.of_method(small, method), nudge=NUDGE)]
    for method in engine.closed_methods():
        yield [compared(bench, engine.of_method(small, method))]
    for method in sorted(engine.trained_methods(large), key=engine.cost):  # the longest last, should time run out
        yield [compared(bench, engine.of_method(large, method), nudge=NUDGE if method == "vae" else 0.0)]


def compared(bench: Bench, workload: engine.Workload, *, nudge: float = 0.0) -> Row:
    """One method on one network."""
    cpu = torch.device("cpu")
    reference = trained(bench, workload, cpu)
    there = differences(trained(bench, workload, bench.device), reference)
    rounding = differences(trained(bench, workload, cpu, nudge=nudge), reference) if nudge else {}
    tolerances = TOLERANCES if reference[0] else CLOSED_TOLERANCES
    return {
        "method": workload.method, "network": workload.name, "steps": steps_of(bench) if reference[0] else 0,
        "differences": there, "rounding": rounding, "tolerances": tolerances,
        "agrees": all(within(there[name], most) for name, most in tolerances.items()),
    }  # fmt: skip


def within(difference: float | None, most: float) -> bool:
    """Whether a difference is within a tolerance; one that isn't finite never is."""
    return difference is not None and difference <= most


def differences(ours: tuple[History, Tensors], theirs: tuple[History, Tensors]) -> dict[str, float | None]:
    """The differences by name; of a method with a closed form the weights' alone."""
    found = {"weights": weight_difference(ours[1], theirs[1])}
    if theirs[0]:
        found |= {"first losses": loss_difference(ours[0][:1], theirs[0][:1])}
        found |= {"losses": loss_difference(ours[0], theirs[0])}
    return found


def steps_of(bench: Bench) -> int:
    """How many steps are compared."""
    return 6 if bench.tiny else STEPS


def trained(
    bench: Bench, workload: engine.Workload, device: torch.device, *, nudge: float = 0.0
) -> tuple[History, Tensors]:
    """History and weights, on the CPU, after some steps on a device."""
    data = engine.data_of(bench.images, workload, device, count=500 if bench.tiny else IMAGES)
    threads = 1 if bench.tiny else len(os.sched_getaffinity(0))
    data, kind = engine.nudged(data, nudge), engine.CpuDrawnTask
    task = engine.task_of(workload, data, device, updates=steps_of(bench), threads=threads, kind=kind)
    model = engine.fit(task, workload.method)
    weights = dict(model.named_parameters()) or {
        name: value for name, value in model.state_dict().items() if value.is_floating_point()
    }
    return task.history, {name: value.detach().cpu().double() for name, value in weights.items()}


def weight_difference(ours: Tensors, theirs: Tensors) -> float | None:
    """Norm of the difference over the norm, all tensors together; None where a number isn't finite."""
    apart = sum(float((ours[name] - value).square().sum()) for name, value in theirs.items())
    whole = sum(float(value.square().sum()) for value in theirs.values())
    ratio = math.sqrt(apart / whole) if whole else math.sqrt(apart)
    return ratio if math.isfinite(ratio) else None


def loss_difference(ours: History, theirs: History) -> float:
    """The largest difference of a curve from its counterpart over that one's largest value, over all loss terms.

    All numbers are finite: a training whose losses aren't has ended as diverged.
    """
    worst = 0.0
    for name in theirs[0]:
        scale = max(abs(row[name]) for row in theirs) or 1.0
        apart = max(abs(one[name] - two[name]) for one, two in zip(ours, theirs, strict=True))
        worst = max(worst, apart / scale)
    return worst
