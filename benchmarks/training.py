"""Training: examples a second of the engine against a loop over a DataLoader and against pythae's trainer.

Goals on two quiet cores: the MLP at least 2 and 1.25 times as fast, the convolutions at least 1.15 and 1.0 times.
Usage: python -m benchmarks.training [--threads 2 1] [--rounds 7] [--tiny]
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.pythae_apart import FOLDER, installed
from benchmarks.rounds import ROOT, Comparison, Section, alternating, environment

ENGINE, BFLOAT16 = "engine", "engine, bfloat16"
LOADER, PYTHAE, PYTHAE_FUSED = "DataLoader loop", "pythae", "pythae with fused Adam"


def sections(threads: list[int], *, rounds: int, tiny: bool) -> list[Section]:
    """One section a number of threads, each measured in a process of its own, whose threads are set before torch."""
    have_pythae = installed()
    found = []
    for count in threads:
        command = [sys.executable, "-m", "benchmarks.training", "--worker", str(count), "--rounds", str(rounds)]
        variables = environment(count, *([FOLDER] if have_pythae else []))
        done = subprocess.run(
            [*command, *(["--tiny"] if tiny else [])], cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True,
            check=True,
        )  # fmt: skip
        found.append(Section.from_json(done.stdout))
    return found


def measured(threads: int, *, rounds: int, tiny: bool) -> Section:
    """All workloads in this process."""
    import torch

    from benchmarks import contenders
    from benchmarks.images import lay_out

    torch.set_num_threads(threads)
    comparisons: list[Comparison] = []
    with tempfile.TemporaryDirectory() as folder:
        images = lay_out(Path(folder), count=1000 if tiny else 60_000)
        for workload in contenders.workloads(tiny=tiny):
            print(f"{workload.method}, {workload.name}, {threads} threads", file=sys.stderr)
            runners = {
                ENGINE: contenders.engine(workload, images, threads=threads),
                BFLOAT16: contenders.engine(workload, images, threads=threads, precision="bfloat16"),
                LOADER: contenders.loader_loop(workload, images),
            }
            if importlib.util.find_spec("pythae"):
                runners[PYTHAE] = contenders.pythae_trainer(workload, images)
                runners[PYTHAE_FUSED] = contenders.pythae_trainer(workload, images, fused=True)
            seconds = alternating({name: partial(run, workload.updates) for name, run in runners.items()}, rounds)
            examples = workload.updates * workload.batch
            speeds = {name: tuple(examples / value for value in values) for name, values in seconds.items()}
            comparisons += compared(workload, speeds, threads)
    updates = " and ".join(sorted({f"{w.updates} updates ({w.name})" for w in contenders.workloads(tiny=tiny)}))
    text = (
        f"Threads: {threads}, in one process. Images: {images.source}. One measurement takes {updates}. "
        "OMP_WAIT_POLICY is PASSIVE for all, as in the suite's jobs: spinning threads cost a shared machine dearly "
        "and save a quiet one a little."
    )
    return Section(f"Training, {threads} thread{'s' * (threads > 1)}: images a second", text, tuple(comparisons))


def compared(workload: object, speeds: dict[str, tuple[float, ...]], threads: int) -> list[Comparison]:
    """The lines of one workload; the goals are for float32."""
    what = f"{workload.method}, {workload.name}, images/s"
    loader_goal, pythae_goal = workload.margins
    goals = {LOADER: loader_goal, PYTHAE: pythae_goal}
    pairs = [(ENGINE, LOADER), (ENGINE, PYTHAE), (ENGINE, PYTHAE_FUSED), (BFLOAT16, PYTHAE), (BFLOAT16, ENGINE)]
    return [
        Comparison(
            what, ours, theirs, speeds[ours], speeds[theirs], least=goals.get(theirs) if ours == ENGINE else None
        )
        for ours, theirs in pairs
        if theirs in speeds
    ]


def main() -> None:
    """Print the sections as Markdown; a worker prints its own as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tiny", action="store_true", help="seconds in all, to see that everything runs")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        with contextlib.redirect_stdout(sys.stderr):  # where pythae may print to
            section = measured(given.worker, rounds=given.rounds, tiny=given.tiny)
        print(section.as_json())
        return
    for section in sections(given.threads, rounds=given.rounds, tiny=given.tiny):
        print(section.markdown())


if __name__ == "__main__":
    main()
