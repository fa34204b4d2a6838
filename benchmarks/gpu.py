"""On a GPU: seconds an epoch of ARD-VAE's MNIST network, and the share of the device's peak that the training reaches.

The peak is measured too, as the best of some large matrix products. Prints nothing where there is no GPU.
Usage: python -m benchmarks.gpu [--rounds 5] [--updates 500]
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import numpy as np
import torch

from benchmarks.rounds import Section, alternating, shown
from latentdim.harness.environment import set_arithmetic
from latentdim.nets.count import counts
from latentdim.registry import methods
from latentdim.registry.declarations import resolve
from latentdim.training import Task
from latentdim.training.data import Data, Scaling, Split

EPOCH = 60_000
FORWARD_AND_BACKWARD = 3.0  # the backward pass computes two products for each of the forward pass's
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def section(device: torch.device, *, rounds: int, updates: int, tiny: bool = False) -> Section:
    """Measure on one device."""
    from benchmarks.contenders import workloads

    runners = {
        f"{workload.method}, {workload.name}, {precision}": (workload, precision)
        for workload in workloads(tiny=tiny)
        for precision in PRECISIONS
    }
    random = np.random.default_rng(0)
    data = {
        side: torch.from_numpy(random.integers(0, 256, (1000 if tiny else EPOCH, 1, side, side), dtype=np.uint8))
        for side in {workload.side for workload, _ in runners.values()}
    }

    def seconds(name: str) -> float:
        workload, precision = runners[name]
        values = data[workload.side].to(device)
        protocol = workload.protocol(threads=1, precision=precision, updates=updates)
        set_arithmetic(protocol, device)
        split = Data(Split(values), Split(values[:0]), Split(values[:1000]), Scaling(1.0, 0.0))
        task = Task(workload.dim, split, protocol, ("benchmark", workload.method, workload.dim, 0), device)
        method = methods().get(workload.method)
        resolve(method.runner)(task, method.config())
        return task.seconds

    peaks = {precision: peak(device, dtype, size=64 if tiny else 8192) for precision, dtype in PRECISIONS.items()}
    measured = alternating({name: (lambda name=name: seconds(name)) for name in runners}, rounds)
    lines = [f"largest matrix product, {name}: {shown(value / 1e12)} TFLOP/s" for name, value in peaks.items()]
    for name, (workload, precision) in runners.items():
        epoch = median(measured[name]) / updates * (EPOCH / workload.batch)
        forward = counts(workload.network, shape=workload.shape, dim=workload.dim).flops
        share = FORWARD_AND_BACKWARD * forward * EPOCH / epoch / peaks[precision]
        low, high = (f(measured[name]) / updates * (EPOCH / workload.batch) for f in (min, max))
        lines.append(
            f"{name}: {shown(epoch)} s an epoch of {EPOCH:,} images ({shown(low)}–{shown(high)} s in {rounds} rounds), "
            f"{100 * share:.2g} % of the peak"
        )
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "the CPU"
    text = f"{name}; {updates} updates a measurement, data on the device, TF32 off as in the suite's runs."
    return Section("GPU", text, (), tuple(lines))


def peak(device: torch.device, dtype: torch.dtype, *, size: int) -> float:
    """FLOP/s of the best of some square matrix products."""
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(10):
        synchronise(device)
        started = time.perf_counter()
        a @ b
        synchronise(device)
        best = min(best, time.perf_counter() - started)
    return 2.0 * size**3 / best


def synchronise(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def main() -> None:
    """Print the section, where there is a GPU."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=500)
    parser.add_argument("--tiny", action="store_true", help="seconds in all, to see that everything runs")
    parser.add_argument("--on", choices=("cuda", "cpu"), default="cuda", help="cpu, with --tiny: where there is no GPU")
    parser.add_argument("--json", action="store_true", help="for the program that makes the whole table")
    given = parser.parse_args()
    if given.on == "cuda" and not torch.cuda.is_available():
        return
    updates = 2 if given.tiny else given.updates
    found = section(torch.device(given.on), rounds=given.rounds, updates=updates, tiny=given.tiny)
    print(found.as_json() if given.json else found.markdown())


if __name__ == "__main__":
    main()
