"""How much of the card's arithmetic the trainings reach: the best matrix products against what an epoch needs.

Only the products of both passes count as needed; what else a step does is part of its time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from benchmarks.gpu_check import engine
from benchmarks.gpu_check.sections import Bench, Row
from benchmarks.gpu_check.speed import EPOCH

PRODUCTS = 10


def rows(bench: Bench) -> Iterator[list[Row]]:
    """The peaks, then a share for each speed that was measured."""
    size = 64 if bench.tiny else 8192
    peaks = {name: peak(bench.device, dtype, size=size) for name, dtype in engine.PRECISIONS.items()}
    yield [{"precision": precision, "size": size, "peak": value} for precision, value in peaks.items()]
    speeds = bench.earlier.get("speed", {}).get("rows", ())
    measured = [row for row in speeds if row["method"] == "vae" and "epoch_seconds" in row]
    needed = {workload.name: engine.flops(workload) * EPOCH for workload in engine.networks(tiny=bench.tiny)}
    yield [share(row, needed[row["network"]], peaks[row["precision"]]) for row in measured]


def share(speed: Row, needed: float, peak: float) -> Row:
    """How much of a peak, in FLOP/s, a measured speed reaches; an epoch of one run needs so many operations."""
    reached = needed * speed["seeds"] / speed["epoch_seconds"]
    about = {name: speed[name] for name in ("network", "precision", "way")}
    return about | {"reached": reached, "share": reached / peak}


def peak(device: torch.device, dtype: torch.dtype, *, size: int) -> float:
    """FLOP/s of the best of some square matrix products of random numbers; TF32 is off, as in the suite's runs."""
    engine.set_arithmetic_of_runs(device)
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(PRODUCTS):
        engine.synchronise(device)
        started = time.perf_counter()
        a @ b
        engine.synchronise(device)
        best = min(best, time.perf_counter() - started)
    return 2.0 * size**3 / best
