"""One tree's engine, asked for one measurement after another: reads a line, trains, answers with a line of JSON.

Run as a file, with the tree to be measured first in PYTHONPATH; it speaks to the engine of commit 009b16d as well.
Usage: python -P earlier_worker.py THREADS UPDATES DATA METHOD NETWORK BATCH
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import torch

from latentdim.harness.environment import set_arithmetic
from latentdim.registry import methods
from latentdim.training import Task
from latentdim.training.data import Data, Scaling, Split

try:
    from latentdim.registry.declarations import resolve
    from latentdim.study.protocol import Training
except ImportError:  # 009b16d, whose modules lay flat
    from latentdim.declarations import resolve
    from latentdim.protocol import Training

DIM = 16
PRODUCTS = 10  # of 256 × 1000 × 1000 in one measurement of the core's peak


def data_of(kind: str) -> Data:
    """Random examples: 10,000 vectors of 128 values, or as many square images of bytes with a side of ``kind``."""
    generator = torch.Generator().manual_seed(0)
    if kind == "vectors":
        values = torch.randn(10_000, 128, generator=generator)
    else:
        values = torch.randint(0, 256, (10_000, 1, int(kind), int(kind)), generator=generator, dtype=torch.uint8)
    return Data(Split(values), Split(values[:0]), Split(values[:1000]), Scaling(1.0, 0.0))


def trained(data: Data, method: str, protocol: Training) -> float:
    """Seconds that a training takes, start-up left out."""
    set_arithmetic(protocol, torch.device("cpu"))
    task = Task(DIM, data, protocol, ("benchmark", method, DIM, 0))
    declared = methods().get(method)
    resolve(declared.runner)(task, declared.config())
    return task.seconds


def product() -> float:
    """Seconds of one float32 product of 256 × 1000 by 1000 × 1000."""
    left, right, out = torch.randn(256, 1000), torch.randn(1000, 1000), torch.empty(256, 1000)
    torch.mm(left, right, out=out)
    started = time.perf_counter()
    for _ in range(PRODUCTS):
        torch.mm(left, right, out=out)
    return (time.perf_counter() - started) / PRODUCTS


def main() -> None:
    """Serve measurements until the input ends."""
    threads, updates, kind, method, network, batch = sys.argv[1:]
    block: dict[str, Any] = json.loads(network)
    if "hidden" in block:
        block["hidden"] = tuple(block["hidden"])
    protocol = Training.model_validate(
        {"network": block, "batch_size": int(batch), "steps": int(updates), "threads": int(threads),
         "optimizer": {"learning_rate": 1e-3}, "schedule": {"name": "cosine"}}
    )  # fmt: skip
    data = data_of(kind)
    for _ in sys.stdin:
        answer = {"seconds": trained(data, method, protocol), "product": product()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
