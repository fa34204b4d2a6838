"""Whether a run gives the same bits on this device: done twice, by replayed steps, and stopped half way and resumed.

All runs are replayed (CUDA graphs) where method and device allow it, but for the one that is compared with them.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu_check import engine
from benchmarks.gpu_check.sections import Bench, Row

STEPS = 60
IMAGES = 4_000
Result = tuple[dict[str, torch.Tensor], list[dict[str, float]]]


def rows(bench: Bench) -> Iterator[list[Row]]:
    """One row a precision, network and trained method."""
    for precision in engine.PRECISIONS:
        for workload in engine.networks(tiny=bench.tiny):
            methods = ["vae"] if bench.tiny and precision == "bfloat16" else engine.trained_methods(workload)
            for method in methods:
                yield [repeated(bench, engine.of_method(workload, method), precision)]


def repeated(bench: Bench, workload: engine.Workload, precision: str) -> Row:
    """One method on one network."""
    steps = 6 if bench.tiny else STEPS
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        first, again = (run(bench, workload, precision, steps=steps) for _ in range(2))
        stepwise = run(bench, workload, precision, steps=steps, replayed=False)
        resumed = stopped_and_resumed(bench, workload, precision, steps=steps, folder=Path(folder))
    doubtful = {str(warning.message).splitlines()[0] for warning in caught if "determinis" in str(warning.message)}
    return {
        "method": workload.method, "network": workload.name, "precision": precision, "steps": steps,
        "repeat": differing(again, first), "stepwise": differing(stepwise, first),
        "resume": differing(resumed, first), "warnings": sorted(doubtful),
    }  # fmt: skip


def run(
    bench: Bench, workload: engine.Workload, precision: str, *, steps: int, replayed: bool = True, **rest: Any
) -> Result:
    """Weights, buffers and history of a run, from its start or its checkpoint to its end."""
    data = engine.data_of(bench.images, workload, bench.device, count=500 if bench.tiny else IMAGES)
    task = engine.task_of(workload, data, bench.device, updates=steps, precision=precision, **rest)
    model = engine.fit(task, workload.method, replayed=replayed)
    return {name: value.detach().clone() for name, value in model.state_dict().items()}, task.history


def stopped_and_resumed(bench: Bench, workload: engine.Workload, precision: str, *, steps: int, folder: Path) -> Result:
    """The run asked to stop half way, then started again from its checkpoint.

    Raises:
        RuntimeError: if it can't be stopped there.
    """
    kept = engine.kept_in(folder)
    asked = iter([False] * (steps // 2 - 1))
    try:
        run(bench, workload, precision, steps=steps, folder=kept, stop_requested=lambda: next(asked, True))
    except engine.Interrupted:
        return run(bench, workload, precision, steps=steps, folder=kept)
    raise RuntimeError(f"{workload.method} ran to its end although it was asked to stop")


def differing(ours: Result, theirs: Result) -> list[str]:
    """Names of the weights and buffers whose bits differ, and ``history`` where a number of it does."""
    weights = [name for name, value in theirs[0].items() if not torch.equal(ours[0][name], value)]
    return weights if ours[1] == theirs[1] else [*weights, "history"]
