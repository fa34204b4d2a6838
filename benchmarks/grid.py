"""A grid against a peer, end to end: 24 autoencoders and their table, with our command and with a script on pythae.

VAE and WAE-MMD, MLP 784–1024, six latent dimensions, two seeds, 600 updates of 128 images each; from nothing but the
images to a table of held-out errors. Goals: 2.2 times as fast as the script in a loop, 1.4 times as in two processes.
Usage: python -m benchmarks.grid [--rounds 3] [--tiny]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import pythae_apart
from benchmarks.images import lay_out
from benchmarks.project import Project, cores, without_gpu
from benchmarks.rounds import ROOT, Comparison, Section, alternating, command_line, environment, timed

STUDY = "grid"
OURS, LOOP, PROCESSES = "our command", "pythae in a loop, 2 threads", "pythae in two processes, 1 thread each"
SCRIPT = ROOT / "benchmarks" / "grid_pythae.py"


def section(*, rounds: int, tiny: bool) -> Section:
    """Wall seconds of the three ways."""
    updates, dims = (3, [2, 4]) if tiny else (600, [2, 4, 8, 16, 32, 64])
    title = "A grid of 24 autoencoders, end to end"
    if not pythae_apart.installed():
        return Section(title, "Not measured: pythae can't be installed here.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = lay_out(folder / "raw", count=2_000 if tiny else 60_000)
        np.save(folder / "images.npy", images.array())
        project = Project.copied(folder / "project")
        write(project, folder / "images.npy", updates=updates, dims=dims)
        contenders: dict[str, Callable[[], float]] = {
            OURS: lambda: ours(project),
            LOOP: lambda: pythae(folder, updates=updates, dims=dims, processes=1),
            PROCESSES: lambda: pythae(folder, updates=updates, dims=dims, processes=2),
        }
        seconds = alternating(contenders, rounds)
    what = "seconds from nothing to the table"
    lines = (
        Comparison(what, LOOP, OURS, seconds[LOOP], seconds[OURS], least=2.2),
        Comparison(what, PROCESSES, OURS, seconds[PROCESSES], seconds[OURS], least=1.4),
    )
    text = (
        f"VAE and WAE-MMD, MLP 784–1024, L = {', '.join(map(str, dims))}, two seeds, {updates} updates of 128 images "
        f"({images.source}). Ours: `snakemake --profile workflow/profiles/local {STUDY}`, planning, preparing "
        "the data, records, checkpoints, example pictures and the page included. "
        f"The script: `benchmarks/{SCRIPT.name}`. {cores()} cores. Above 1: ours is faster."
    )
    return Section(title, text, lines)


def write(project: Project, images: Path, *, updates: int, dims: list[int]) -> None:
    """The study."""
    network = {"name": "mlp", "hidden": [1024], "output": "sigmoid"}
    project.study(
        STUDY,
        datasets={"images": {"kind": "npy", "path": str(images), "test_fraction": 1 / 60}},
        protocol={"training": {"network": network, "batch_size": 128, "steps": updates}},
        grid=[{"datasets": ["images"], "methods": {"vae": {}, "wae_mmd": {}}, "dims": dims, "seeds": 2}],
        metrics=["mse_per_pixel"],
        exhibits=[{"kind": "results", "name": "results", "title": "All runs"}],
    )


def ours(project: Project) -> float:
    """Seconds of our command, from the images alone."""
    for name in ("results", "reports", ".snakemake"):
        shutil.rmtree(project.root / name, ignore_errors=True)
    command = [sys.executable, "-m", "snakemake", "--profile", "workflow/profiles/local", STUDY]
    return timed(command, folder=project.root, env=without_gpu(environment(1))).seconds


def pythae(folder: Path, *, updates: int, dims: list[int], processes: int) -> float:
    """Seconds of the script in one process of two threads, or in two of one, until the table is printed.

    Raises:
        RuntimeError: if it fails.
    """
    started = time.perf_counter()
    variables = without_gpu(environment(2 // processes, pythae_apart.FOLDER))
    tables = [folder / f"part{number}.csv" for number in range(processes)]
    running = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), str(folder / "images.npy"), str(table), str(2 // processes), str(updates),
             str(number), str(processes), ",".join(map(str, dims))],
            env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for number, table in enumerate(tables)
    ]  # fmt: skip
    codes = [process.wait() for process in running]
    if any(codes):
        raise RuntimeError("the script on pythae failed")
    table = pd.concat(map(pd.read_csv, tables))
    table.pivot_table("mse", index="method", columns="dim").to_csv(folder / "table.csv")
    return time.perf_counter() - started


if __name__ == "__main__":
    command_line(section, __doc__, rounds=3)
