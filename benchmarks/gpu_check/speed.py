"""Seconds an epoch of the two networks: a run alone, and five seeds together in the ways that a GPU offers.

All ways of one network and precision are measured in alternating rounds, so that their ratios hold whatever the clocks
did meanwhile. Steps are timed within a training as long as a real one, after some unmeasured ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from statistics import median

import torch

from benchmarks.gpu_check import engine
from benchmarks.gpu_check.agreement import weight_difference
from benchmarks.gpu_check.crew import Crew, Order
from benchmarks.gpu_check.ensemble import Ensemble
from benchmarks.gpu_check.graph import Captured
from benchmarks.gpu_check.sections import Bench, Row
from benchmarks.gpu_check.stopwatch import timed
from benchmarks.rounds import alternating

SEEDS = 5
EPOCH = 60_000
ROUNDS = 3
SECONDS = 0.3  # that one measurement should take
LEAST_UPDATES, MOST_UPDATES = 20, 400
ALONE, STEPWISE, GRAPH, PROCESSES = (
    "alone",
    "alone, each step from Python",
    "alone, nothing but a graph",
    "five processes",
)
ENSEMBLE, ENSEMBLE_GRAPH = "vmapped ensemble", "vmapped ensemble as a CUDA graph"
TOGETHER = (PROCESSES, ENSEMBLE, ENSEMBLE_GRAPH)
OTHERS = ("ard_vae", "wae_mmd", "maskaae")  # beside the VAE: a refreshed prior, a distance of a batch, adversaries
Contender = Callable[[int], float]
"""Takes so many updates (of each seed, where there are several) and returns the seconds they took."""


def rows(bench: Bench) -> Iterator[list[Row]]:
    """One row a workload, precision and way; first the networks under the VAE, then three other methods."""
    workloads = engine.networks(tiny=bench.tiny)
    cases = [(workload, precision) for workload in workloads for precision in engine.PRECISIONS]
    cases += [(engine.of_method(workload, method), "float32") for workload in workloads[::-1] for method in OTHERS]
    if bench.tiny:  # the convolutions once, the other methods once
        cases = [*cases[:3], *cases[-len(OTHERS) :]]
    size = 2 if bench.tiny else SEEDS
    with Crew(size=size, device=bench.device, images=bench.images, tiny=bench.tiny) as crew:
        for workload, precision in cases:
            yield measured(bench, workload, precision, crew)


def measured(bench: Bench, workload: engine.Workload, precision: str, crew: Crew) -> list[Row]:
    """All ways of one workload; a way that can't be had is a row with its reason."""
    make = engine.tasks(workload, bench.images, bench.device, precision=precision)
    about = {"method": workload.method, "network": workload.name, "precision": precision}
    updates = 2 if bench.tiny else updates_for(alone(make, workload.method, bench.device))
    found: list[Row] = []
    contenders: dict[str, Contender] = {}
    differences: dict[str, float | None] = {}
    with ExitStack() as stack:
        for way, build in ways(bench, make, workload, precision, crew, stack).items():
            try:
                contenders[way] = build()
                contenders[way](2)
            except Exception as error:  # a method's step may not lend itself to it, which is what is asked here
                contenders.pop(way, None)
                reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
                found.append(about | {"way": way, "seeds": seeds_of(way), "reason": reason})
            else:
                differences[way] = difference(contenders[way], make, workload.method)
        runs = {way: partial(contender, updates) for way, contender in contenders.items()}
        seconds = alternating(runs, 1 if bench.tiny else ROUNDS)
    for way, values in seconds.items():
        epochs = [value / updates * (EPOCH / workload.batch) for value in values]
        row = about | {"way": way, "seeds": seeds_of(way), "updates": updates, "epoch_seconds": median(epochs)}
        found.append(row | {"least": min(epochs), "most": max(epochs), "difference": differences[way]})
    return found


def difference(contender: Contender, make: Callable[..., engine.Task], name: str) -> float | None:
    """How far the weights of a way that steps by itself are from the engine's steps on the same batches; else None."""
    if not isinstance(contender, Captured | Ensemble):
        return None
    task = make()
    alone = engine.weights_alone(task, name, engine.positions(task, contender.turn))
    return weight_difference(contender.weights(), alone)


def seeds_of(way: str) -> int:
    """How many runs one epoch of it is of."""
    return SEEDS if way in TOGETHER else 1


def ways(
    bench: Bench, make: Callable[..., engine.Task], workload: engine.Workload, precision: str, crew: Crew,
    stack: ExitStack,
) -> dict[str, Callable[[], Contender]]:  # fmt: skip
    """How each way's contender is built; what it holds is let go of with the stack."""
    name, device = workload.method, bench.device
    order = Order(workload.method, workload.name, precision)

    def keep(way: Contender) -> Contender:
        stack.callback(getattr(way, "close", lambda: None))
        return way

    def together() -> Ensemble:
        return Ensemble([make(seed=seed) for seed in range(crew.size)], name)

    return {
        ALONE: lambda: alone(make, name, device),
        STEPWISE: lambda: alone(make, name, device, replayed=False),
        GRAPH: lambda: keep(Captured.of_run(make(), name)),
        PROCESSES: lambda: partial(crew.seconds, order),
        ENSEMBLE: together,
        ENSEMBLE_GRAPH: lambda: keep(Captured.of_ensemble(together())),
    }


def alone(make: Callable[..., engine.Task], name: str, device: torch.device, *, replayed: bool = True) -> Contender:
    """The engine as it trains a run, or without replays."""

    def now() -> float:
        engine.synchronise(device)
        return time.monotonic()

    def run(updates: int) -> float:
        started, stopped = timed(make, name, updates=updates, begin=now, end=now, replayed=replayed)
        return stopped - started

    return run


def updates_for(contender: Contender) -> int:
    """As many updates as take about :data:`SECONDS`."""
    contender(2)
    return max(LEAST_UPDATES, min(MOST_UPDATES, int(SECONDS / (contender(10) / 10))))
