"""float32 on the device against the CPU: the same initial weights, batches and random numbers, some steps later.

The first losses are held to what only the order of sums may move. A hundred steps of Adam then let any rounding grow,
since it divides small gradients by their own size, and a unit's slope is there or not; what is computed wrongly moves
the weights as much as the training does, some tenths of their norm and more. How far rounding alone moves a method
stands beside the difference: the same training on the device with every input larger or smaller by a few parts in ten
million, the last bit or two of a float32. A difference counts as agreement where it is within a tolerance, or within
three times the largest of these.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from benchmarks.gpu_check import engine
from benchmarks.gpu_check.sections import Bench, Row

STEPS = 100
NUDGE = 2.0**-22
NUDGES = (NUDGE, -NUDGE, 2 * NUDGE)
ROUNDINGS = 3.0  # of the largest that a difference may be
TOLERANCES = {"first losses": 1e-5, "losses": 5e-3, "weights": 5e-2}
CLOSED_TOLERANCES = {"reconstructions": 1e-4}
RECONSTRUCTED = 200  # training images
IMAGES = 12_000
History = Sequence[Mapping[str, float]]
Tensors = dict[str, Tensor]


def rows(bench: Bench) -> Iterator[list[Row]]:
    """One row a method and network; methods of closed form on the smaller images alone."""
    small, large = engine.networks(tiny=bench.tiny)
    for method in (*engine.trained_methods(small), *engine.closed_methods()):
        yield [compared(bench, engine.of_method(small, method))]
    for method in sorted(engine.trained_methods(large), key=engine.cost):  # the longest last, should time run out
        yield [compared(bench, engine.of_method(large, method))]


def compared(bench: Bench, workload: engine.Workload) -> Row:
    """One method on one network."""
    reference = trained(bench, workload, torch.device("cpu"))
    there = trained(bench, workload, bench.device)
    apart, steps = differences(there, reference), steps_of(bench) if reference[0] else 0
    nudges = NUDGES[:1] if bench.tiny else NUDGES
    nudged = [trained(bench, workload, bench.device, nudge=nudge) for nudge in nudges] if steps else []
    moved = [differences(other, there) for other in nudged]
    rounding = {name: largest(one[name] for one in moved) for name in apart}
    tolerances = TOLERANCES if steps else CLOSED_TOLERANCES
    return {
        "method": workload.method, "network": workload.name, "steps": steps, "differences": apart,
        "rounding": rounding if steps else {}, "tolerances": tolerances,
        "agrees": all(within(apart[name], max(most, ROUNDINGS * rounding[name])) for name, most in tolerances.items()),
    }  # fmt: skip


def largest(values: Iterable[float | None]) -> float:
    """The largest, 0 of none; infinite where one of them isn't finite."""
    return max((math.inf if value is None else value for value in values), default=0.0)


def within(difference: float | None, most: float) -> bool:
    """Whether a difference is within what it may be; one that isn't finite never is."""
    return difference is not None and difference <= most


def differences(ours: tuple[History, Tensors], theirs: tuple[History, Tensors]) -> dict[str, float | None]:
    """The differences by name; of a method with a closed form what it reconstructs, for its factors may have signs."""
    if not theirs[0]:
        return {"reconstructions": weight_difference(ours[1], theirs[1])}
    return {
        "first losses": loss_difference(ours[0][:1], theirs[0][:1]),
        "losses": loss_difference(ours[0], theirs[0]),
        "weights": weight_difference(ours[1], theirs[1]),
    }


def steps_of(bench: Bench) -> int:
    """How many steps are compared."""
    return 6 if bench.tiny else STEPS


def trained(
    bench: Bench, workload: engine.Workload, device: torch.device, *, nudge: float = 0.0
) -> tuple[History, Tensors]:
    """History and weights, on the CPU, after some steps on a device; without a training, what is reconstructed."""
    data = engine.data_of(bench.images, workload, device, count=500 if bench.tiny else IMAGES)
    threads = 1 if bench.tiny else len(os.sched_getaffinity(0))
    data, kind = engine.nudged(data, nudge), engine.CpuDrawnTask
    task = engine.task_of(workload, data, device, updates=steps_of(bench), threads=threads, kind=kind)
    model = engine.fit(task, workload.method, replayed=False)  # no graph holds what is drawn on the CPU
    history = task.history or [row for stage in task.stages.values() for row in stage.history]
    tensors = dict(model.named_parameters())
    if not history:
        with torch.no_grad():
            tensors = {"reconstructions": model.reconstruct(data.batch(data.train, 0, RECONSTRUCTED))}
    return history, {name: value.detach().cpu().double() for name, value in tensors.items()}


def weight_difference(ours: Tensors, theirs: Tensors) -> float | None:
    """Norm of the difference over the norm, all tensors together; None where a number isn't finite."""
    apart = sum(float((ours[name] - value).square().sum()) for name, value in theirs.items())
    whole = sum(float(value.square().sum()) for value in theirs.values())
    ratio = math.sqrt(apart / whole) if whole else math.sqrt(apart)
    return ratio if math.isfinite(ratio) else None


def loss_difference(ours: History, theirs: History) -> float:
    """The largest difference of a curve from its counterpart over that one's largest value, over all curves.

    All numbers are finite: a training whose losses aren't has ended as diverged.
    """
    worst = 0.0
    for name in dict.fromkeys(name for row in theirs for name in row):  # a stage has terms of its own
        pairs = [(one[name], other[name]) for one, other in zip(ours, theirs, strict=True) if name in other]
        scale = max(abs(value) for _, value in pairs) or 1.0
        worst = max(worst, max(abs(one - other) for one, other in pairs) / scale)
    return worst
