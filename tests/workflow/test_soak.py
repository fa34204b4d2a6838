"""A study under fire: trainings and snakemake are killed again and again, and it ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from latentdim.system.leases import holder_of

pytestmark = pytest.mark.slow
SEEDS, JOB_SIZE = 100, 10  # of two methods: 200 runs in 20 jobs
KILL_TRAINING_SECONDS, KILL_SNAKEMAKE_SECONDS = 10.0, 60.0
FEWEST_KILLS = 50  # that hit a training under way
STEPS = 4_000
LONGEST_SECONDS = 3600.0


def write_study(project) -> None:
    grid = [{"datasets": ["points"], "methods": {"vae": {}, "wae_mmd": {}}, "dims": [2], "seeds": SEEDS}]
    execution = {"pack_size": JOB_SIZE, "pack_minutes": 1000, "device": "cpu"}
    project.study("soak", grid=grid, training={"steps": STEPS}, execution=execution)


def under_way(results: Path) -> list[int]:
    """Processes in the middle of a training."""
    found = []
    for progress in results.glob("runs/*/*/*/*/*/progress.json"):
        holder = holder_of(progress.with_name("lease"))
        with suppress(OSError, ValueError, KeyError):
            beat = json.loads(progress.read_text())
            if holder and 0 < beat["step"] < beat["steps"] and time.time() - beat["time"] < 5.0:
                found.append(int(holder["pid"]))
    return found


def results_of(results: Path) -> dict[str, tuple[bytes, bytes, dict[str, object]]]:
    """What must not depend on kills: weights, history, and the metrics' values."""
    found = {}
    for record in results.glob("runs/*/*/*/*/*/record.json"):
        folder = record.parent
        values = {path.name: json.loads(path.read_text())["value"] for path in folder.glob("metrics/*.json")}
        model, history = (folder / name for name in ("model.safetensors", "history.csv"))
        found[str(folder.relative_to(results))] = (model.read_bytes(), history.read_bytes(), values)
    return found


def test_two_hundred_runs_survive_being_killed(project, monkeypatch):
    write_study(project)
    results, hits, starts = project.root / "results", 0, 0
    began = last_training = last_start = time.monotonic()
    snakemake = None
    while time.monotonic() - began < LONGEST_SECONDS:
        if snakemake is None:
            snakemake, last_start, starts = project.started("soak"), time.monotonic(), starts + 1
        if snakemake.poll() == 0 and hits >= FEWEST_KILLS:
            break
        if snakemake.poll() is not None:  # a killed training is its job's failure; the next invocation goes on
            snakemake = None if snakemake.returncode else pytest.fail(f"done after {hits} kills already")
            continue
        if hits < FEWEST_KILLS and time.monotonic() - last_start >= KILL_SNAKEMAKE_SECONDS:
            os.kill(snakemake.pid, signal.SIGKILL)  # its jobs live on, as on a cluster
            snakemake.wait()
            continue
        due = hits < FEWEST_KILLS and time.monotonic() - last_training >= KILL_TRAINING_SECONDS
        if due and (pids := under_way(results)):
            with suppress(ProcessLookupError):
                os.kill(pids[hits % len(pids)], signal.SIGKILL)  # now this one, now that
                hits, last_training = hits + 1, time.monotonic()
        time.sleep(0.2)
    else:
        pytest.fail(f"not done after {LONGEST_SECONDS:.0f} s, {hits} kills, {starts} starts: {project.printed[-2000:]}")
    print(f"{hits} trainings killed, {starts} snakemakes started, {time.monotonic() - began:.0f} s")

    monkeypatch.setenv("LATENTDIM_RESULTS", "undisturbed")
    project.started("soak").wait()
    undisturbed = results_of(project.root / "undisturbed")
    assert len(undisturbed) == 2 * SEEDS
    assert results_of(results) == undisturbed
