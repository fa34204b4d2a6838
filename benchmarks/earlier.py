"""Training: this engine against itself as it was at commit 009b16d, and against the core's peak.

Each tree trains in a process of its own, in alternating rounds. Goals: the MLP 1.4 times as fast with one thread and
1.3 with two, the synthetic MLP 1.4, convolutions 1.08; fully connected layers at 70 % of the core's peak.
Usage: python -m benchmarks.earlier [--rounds 5] [--tiny]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.rounds import ROOT, Comparison, Section, command_line, environment

COMMIT = "009b16d"
NOW, THEN, PEAK = "engine", f"engine at {COMMIT}", "256 × 1000 × 1000 product"
PRODUCT_FLOPS = 2 * 256 * 1000 * 1000
SHARE = 0.7
TREES = ("workflow/latentdim", "methods", "pyproject.toml")


@dataclass(frozen=True)
class Workload:
    """One method on one network and one kind of data, with 16 latent dimensions.

    Attributes:
        data: ``vectors`` of 128 values, or the side of square images.
        updates: in one measurement.
        goals: ratio to reach, by the number of threads.
        flops: of the products of fully connected layers in one update; None where the network has others.
    """

    name: str
    method: str
    data: str
    network: dict[str, Any]
    batch: int
    updates: int
    goals: dict[int, float]
    flops: int | None = None


def workloads(*, tiny: bool) -> list[Workload]:
    """Those that goals are set for; ``tiny`` ones take one update each."""
    mlp = {"name": "mlp", "hidden": [1024], "output": "sigmoid"}
    synthetic = {"name": "mlp", "hidden": [1000], "output": "linear"}
    once = 1 if tiny else None
    images = 2 * 128 * products(784, 1024, outputs=32)
    return [
        Workload("MLP 784–1024", "vae", "28", mlp, 128, once or 80, {1: 1.4, 2: 1.3}, images),
        Workload("synthetic MLP", "wae_mmd", "vectors", synthetic, 256, once or 150, {1: 1.4},
                 2 * 256 * products(128, 1000, outputs=16)),
        Workload("synthetic MLP", "ard_vae", "vectors", synthetic, 256, once or 150, {1: 1.4},
                 2 * 256 * products(128, 1000, outputs=32)),
        Workload("synthetic MLP", "maskaae", "vectors", synthetic, 64, once or 40, {1: 1.4},
                 2 * 64 * maskaae_products()),
        Workload("ARD-VAE's MNIST network", "vae", "32", {"name": "ard_conv"}, 100, once or 4, {1: 1.08}),
    ]  # fmt: skip


def products(values: int, hidden: int, *, outputs: int, dim: int = 16) -> int:
    """Multiplications of one example's update of an autoencoder with one hidden layer either side.

    Each layer of n inputs and m outputs has n·m forward, n·m for its weights' gradient, and n·m for its input's; the
    last is spared in the encoder's first layer.
    """
    layers = [*pairwise((values, hidden, outputs)), *pairwise((dim, hidden, values))]
    return 3 * sum(n * m for n, m in layers) - values * hidden


def maskaae_products(values: int = 128, hidden: int = 1000, *, dim: int = 16) -> int:
    """The same of one iteration of MaskAAE: one step of the autoencoder, five of the critic, one of generator and mask.

    A critic's step encodes one batch, sends it and draws from the prior through the critic (whose input needs no
    gradient), and for the penalty goes through it (C), back to its input (C), and back through the latter: C for the
    weights and the first layer's once more.
    """
    encoder = decoder = values * hidden + hidden * dim
    first, critic = values * hidden, dim * hidden + hidden
    autoencoder = 3 * (encoder + decoder) - first
    critic_step = encoder + 2 * (2 * critic + hidden) + 3 * critic + dim * hidden
    generator = 3 * encoder - first + 2 * critic
    mask = encoder + 4 * critic + 2 * decoder
    return autoencoder + 5 * critic_step + generator + mask


def section(*, rounds: int, tiny: bool) -> Section:
    """Measure all workloads, with one thread and where a goal says so with two."""
    comparisons: list[Comparison] = []
    with tempfile.TemporaryDirectory() as folder:
        earlier = Path(folder)
        missing = unpack(COMMIT, earlier)
        if missing:
            return Section("Training against an earlier commit", f"Not measured: {missing}")
        for workload in workloads(tiny=tiny):
            for threads, goal in workload.goals.items():
                print(f"{workload.method}, {workload.name}, {threads} threads", file=sys.stderr)
                with ExitStack() as stack:
                    asked = {name: stack.enter_context(worker(tree, workload, threads))
                             for name, tree in ((NOW, ROOT), (THEN, earlier))}  # fmt: skip
                    answers = alternating(asked, rounds)
                comparisons += compared(workload, answers, threads=threads, goal=goal)
    text = (
        f"Examples a second through the whole engine, against the engine of commit {COMMIT}, each in a process of its "
        "own, in alternating rounds; random data in memory; OMP_WAIT_POLICY PASSIVE. GFLOP/s: operations of the "
        "products in fully connected layers (formula: `benchmarks/earlier.py`) over the whole time of a training, "
        "against those of one float32 product, the core's peak, in the same rounds."
    )
    return Section("Training against an earlier commit", text, tuple(comparisons))


def unpack(commit: str, folder: Path, *, trees: Sequence[str] = TREES) -> str:
    """Lay files and folders of a commit into a folder; what prevents it, in words, or nothing."""
    archive = ["git", "-C", str(ROOT), "archive", commit, *trees]
    packed = subprocess.run(archive, capture_output=True, check=False)
    if packed.returncode:
        return f"commit {commit} isn't to be had here ({packed.stderr.decode().strip()})"
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
    return ""


@contextmanager
def worker(tree: Path, workload: Workload, threads: int) -> Iterator[Callable[[], dict[str, float]]]:
    """A process with one tree's engine, and a function that asks it for a measurement."""
    command = [
        sys.executable, "-P", str(ROOT / "benchmarks" / "earlier_worker.py"), str(threads), str(workload.updates),
        workload.data, workload.method, json.dumps(workload.network), str(workload.batch),
    ]  # fmt: skip
    variables = environment(threads) | {"PYTHONPATH": f"{tree / 'workflow'}:{tree}"}
    with subprocess.Popen(
        command, cwd=tree, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout

        def measure() -> dict[str, float]:
            process.stdin.write("\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            answer: dict[str, float] = json.loads(process.stdout.readline())  # type: ignore[union-attr]
            return answer

        yield measure
        process.stdin.close()


def alternating(asked: dict[str, Callable[[], dict[str, float]]], rounds: int) -> dict[str, list[dict[str, float]]]:
    """Answers of each worker, asked in turn, after one unmeasured answer of each."""
    for ask in asked.values():
        ask()
    answers: dict[str, list[dict[str, float]]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, ask in asked.items():
            answers[name].append(ask())
    return answers


def compared(
    workload: Workload, answers: dict[str, list[dict[str, float]]], *, threads: int, goal: float
) -> Iterator[Comparison]:
    """The lines of one workload."""
    what = f"{workload.method}, {workload.name}, batch {workload.batch}, {threads} thread{'s' * (threads > 1)}"
    examples = workload.batch * workload.updates
    now, then = ([examples / answer["seconds"] for answer in answers[name]] for name in (NOW, THEN))
    yield Comparison(f"{what}, examples/s", NOW, THEN, tuple(now), tuple(then), least=goal)
    if workload.flops and threads == 1:
        speeds = [workload.flops * workload.updates / answer["seconds"] / 1e9 for answer in answers[NOW]]
        peaks = [PRODUCT_FLOPS / answer["product"] / 1e9 for answer in answers[NOW]]
        yield Comparison(f"{what}, GFLOP/s", NOW, PEAK, tuple(speeds), tuple(peaks), least=SHARE)


if __name__ == "__main__":
    command_line(section, __doc__, rounds=5)
