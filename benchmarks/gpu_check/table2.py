"""As much of ARD-VAE's Table 2, column MNIST, as the time allows: whole runs through `latentdim run`.

The seeds of a row run side by side: as many of the paper's five as are expected to fit at the paper's length, from the
speeds measured before. Where not even one does, it takes as many epochs as fit; with fewer than a tenth of the paper's
the row is left out. Where there is no MNIST, the first row's method
is run on synthetic vectors, which shows that the way is open and stands for no row of the table.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.gpu_check import engine, harness
from benchmarks.gpu_check.sections import Bench, Row
from benchmarks.gpu_check.speed import ALONE, EPOCH, PROCESSES, SEEDS
from benchmarks.rounds import ROOT, environment
from latentdim.system.files import write_text

STUDY = Path(__file__).with_name("table2.yaml")
LEAST_SHARE = 0.1  # of the paper's epochs that a row is worth starting for
START_SECONDS = 40.0  # expected for starting, preparing and measuring, until a row has shown it
GUESS_SECONDS = 0.006  # an update of five VAEs, where no speed was measured
MARGIN = 1.3  # over the speed measured: validation and checkpoints come on top
STOP_SECONDS, KILL_SECONDS = 12.0, 8.0  # before the deadline; after the request to stop
EXAMPLES = 50_000
Content = dict[str, Any]


@dataclass
class Pace:
    """What rows are expected to take; corrected by each one that was finished."""

    correction: float = MARGIN
    start_seconds: float = START_SECONDS

    def size(self, bench: Bench, method: str, batch: int, *, epochs: int) -> tuple[int, int]:
        """Seeds and epochs of a row that fit into the time that is left, at most five and as many as asked for."""
        seconds = bench.left - STOP_SECONDS - self.start_seconds
        for seeds in range(SEEDS, 0, -1):
            if epochs * self.expected(bench, method, batch, seeds=seeds) <= seconds:
                return seeds, epochs
        return 1, max(0, int(seconds / self.expected(bench, method, batch, seeds=1)))

    def expected(self, bench: Bench, method: str, batch: int, *, seeds: int) -> float:
        """Seconds of an epoch of some seeds; from the VAE's speed where the method's own wasn't measured."""
        network = engine.networks(tiny=bench.tiny)[-1]

        def update(way: str) -> float:
            measured = {
                speed["method"]: speed["epoch_seconds"] / (EPOCH / network.batch)
                for speed in bench.earlier.get("speed", {}).get("rows", ())
                if "epoch_seconds" in speed
                and (speed["network"], speed["way"], speed["precision"]) == (network.name, way, "float32")
            }
            guessed = measured.get("vae", GUESS_SECONDS) * engine.cost(method) / engine.cost("vae")
            return measured.get(method, guessed)

        together = max(update(ALONE), update(PROCESSES) * seeds / SEEDS)  # side by side they share the device
        return self.correction * together * (EXAMPLES / batch)

    def learn(self, bench: Bench, row: Row, batch: int) -> None:
        """Correct the expectation by a row whose runs all ended."""
        trained = [run["train_seconds"] for run in row["runs"] if run.get("train_seconds")]
        if len(trained) == len(row["runs"]):
            expected = self.expected(bench, row["method"], batch, seeds=len(trained))
            self.correction *= max(trained) / row["epochs"] / expected
            self.start_seconds = 1.2 * (row["wall_seconds"] - max(trained))


def rows(bench: Bench) -> Iterator[list[Row]]:
    """One row a row of the table."""
    study = yaml.safe_load(STUDY.read_text(encoding="utf-8"))
    if bench.tiny or not bench.images.real:
        study = standing_in(study, tiny=bench.tiny)
    pace = Pace()
    with tempfile.TemporaryDirectory() as folder:
        for entry in study["grid"]:
            training = study["protocol"]["training"] | entry.get("protocol", {}).get("training", {})
            (method,), batch, wanted = entry["methods"], training["batch_size"], training["epochs"]
            about = {"row": entry["label"], "method": method, "dataset": entry["datasets"][0], "epochs_paper": wanted}
            seeds, epochs = (1, 1) if bench.tiny else pace.size(bench, method, batch, epochs=wanted)
            if epochs < LEAST_SHARE * wanted and not bench.tiny:
                yield [about | {"reason": f"left out: time was left for {max(epochs, 0)} of {wanted} epochs"}]
                continue
            row = (
                about
                | {"epochs": epochs}
                | carried_out(bench, of_row(study, entry, seeds=seeds, epochs=epochs), Path(folder))
            )
            pace.learn(bench, row, batch)
            yield [row]


def standing_in(study: Content, *, tiny: bool) -> Content:
    """The first row on synthetic vectors."""
    size = {"n_train": 400, "n_test": 100} if tiny else {}
    network = {"name": "mlp", "hidden": [8 if tiny else 1000]}
    training = {"network": network, "n_validation": 100 if tiny else 10_000}
    entry = study["grid"][0] | {"datasets": ["stand_in"], "seeds": 1 if tiny else 5}
    return study | {
        "datasets": {"stand_in": {"kind": "synthetic", "n": 8, **size}},
        "protocol": study["protocol"] | {"training": study["protocol"]["training"] | training},
        "grid": [entry],
    }


def of_row(study: Content, entry: Content, *, seeds: int, epochs: int) -> Content:
    """A study of one row with so many seeds and epochs, each seed a job of its own."""
    training = entry.get("protocol", {}).get("training", {}) | {"epochs": epochs}
    return study | {
        "grid": [entry | {"protocol": {"training": training}, "seeds": seeds}],
        "execution": {"pack_size": 1},
    }


def carried_out(bench: Bench, study: Content, folder: Path) -> Row:
    """Run a study's jobs side by side, until they end or time is up, and read what they left."""
    path, results = folder / "table2" / "study.yaml", folder / "results"
    write_text(path, json.dumps(study))  # JSON is YAML too
    variables = environment(1, ROOT / "workflow", ROOT) | {"LATENTDIM_DATA": str(bench.images.root)}
    started = time.monotonic()
    command = [sys.executable, "-m", "latentdim"]
    where = ["--study", str(path), "--results", str(results)]
    for dataset in study["grid"][0]["datasets"]:
        prepared = [*command, "prepare", *where, "--dataset", dataset]
        subprocess.run(prepared, env=variables, cwd=ROOT, check=True, stdout=sys.stderr)
    jobs = [[*command, "run", *where, "--pack", pack, "--device", bench.device.type] for pack in harness.packs_of(path)]
    running = [subprocess.Popen(job, cwd=ROOT, env=variables, stdout=sys.stderr) for job in jobs]
    stop_in_time(running, bench)
    return {"runs": harness.outcomes_of(path, results), "wall_seconds": round(time.monotonic() - started, 1)}


def stop_in_time(running: list[subprocess.Popen[bytes]], bench: Bench) -> None:
    """Wait for processes; when time is nearly up, ask them to stop, and kill those that don't."""
    try:
        for patience in (bench.left - STOP_SECONDS, KILL_SECONDS):
            end = time.monotonic() + patience
            while any(process.poll() is None for process in running) and time.monotonic() < end:
                time.sleep(0.1)
            for process in running:
                process.terminate()
    finally:
        for process in running:
            process.kill()
            process.wait()
