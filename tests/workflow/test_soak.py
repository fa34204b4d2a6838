"""A study under fire: trainings and snakemake are killed again and again, and it ends as if nothing had happened.

Half an hour or more on two cores; `pytest -s` prints its log.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from latentdim.system.leases import holder_of

pytestmark = pytest.mark.slow
SEEDS, JOB_SIZE = 100, 10  # of two methods: 200 runs in 20 jobs
CORES = 2  # wherever the test is run: on more the study would end before the kills do
KILL_TRAINING_SECONDS, KILL_SNAKEMAKE_SECONDS = 10.0, 60.0
KILLS = 52  # of trainings under way; then all are left alone, so that the study ends on a slow machine too
FEWEST_RESUMED = 20  # killed runs that went on from a checkpoint
TRAINING_SECONDS, CHECKPOINT_SECONDS = 6.0, 0.25  # of each run
BATCH_SIZE = 32
LONGEST_SECONDS = 5400.0


@dataclass(frozen=True)
class Training:
    """A training under way: its process, its run's folder, and the step that it told last."""

    pid: int
    folder: Path
    step: int

    @property
    def saved(self) -> bool:
        """Whether there is a checkpoint to go on from."""
        return any(self.folder.glob("checkpoint*.safetensors"))


def write_study(project, *, seeds: int, steps: int) -> None:
    grid = [{"datasets": ["points"], "methods": {"vae": {}, "wae_mmd": {}}, "dims": [2], "seeds": seeds}]
    execution = {"pack_size": JOB_SIZE, "pack_minutes": 1000, "device": "cpu"}
    training = {"steps": steps, "batch_size": BATCH_SIZE}
    project.study("soak", grid=grid, training=training, execution=execution)


def save_often(project) -> None:
    """Have the jobs of this copy of the project save their trainings' states many times in each run."""
    rule = project.root / "workflow" / "rules" / "runs.smk"
    command, often = "-m latentdim run ", f"--checkpoint-seconds {CHECKPOINT_SECONDS} "
    assert rule.read_text().count(command) == 1
    rule.write_text(rule.read_text().replace(command, command + often))


def bring_up_to_date(project, results: str, monkeypatch) -> Path:
    """Bring the study up to date undisturbed; the folder of its results."""
    with monkeypatch.context() as patch:
        patch.setenv("LATENTDIM_RESULTS", results)
        assert project.started("soak", "--cores", str(CORES)).wait() == 0, project.printed[-2000:]
    return project.root / results


def timing_of(folder: Path) -> dict[str, float]:
    """What a finished run tells of its time."""
    return json.loads((folder / "record.json").read_text())["timing"]


def steps_here(project, monkeypatch) -> int:
    """How many steps take a training's seconds here, where as many trainings as usual run at once."""
    write_study(project, seeds=JOB_SIZE // 5, steps=1000)
    results = bring_up_to_date(project, "rehearsal", monkeypatch)
    rates = [timing_of(record.parent)["examples_per_second"] for record in results.rglob("record.json")]
    return int(TRAINING_SECONDS * sum(rates) / len(rates) / BATCH_SIZE)


def under_way(results: Path) -> Iterator[Training]:
    """Those in the middle of a training."""
    for progress in results.glob("runs/*/*/*/*/*/progress.json"):
        holder = holder_of(progress.with_name("lease"))
        with suppress(OSError, ValueError, KeyError):
            beat = json.loads(progress.read_text())
            if holder and 0 < beat["step"] < beat["steps"] and time.time() - beat["time"] < 5.0:
                yield Training(int(holder["pid"]), progress.parent, beat["step"])


class Fire:
    """Kills a training and, less often, snakemake, until enough trainings were hit.

    Attributes:
        hits: the trainings that were killed.
        starts: of snakemake.
    """

    def __init__(self, project) -> None:
        self.project, self.results = project, project.root / "results"
        self.draws = random.Random(0)
        self.hits: list[Training] = []
        self.starts = 0
        self.began = self.last_hit = self.last_start = time.monotonic()

    def log(self, line: str) -> None:
        """A line with the seconds since the beginning."""
        print(f"{time.monotonic() - self.began:6.0f} s  {line}", flush=True)

    def endured(self) -> None:
        """Start snakemake again and again, until it ends well."""
        code = None
        while code != 0:  # a killed training is its job's failure
            snakemake = self.project.started("soak", "--cores", str(CORES))
            self.last_start, self.starts = time.monotonic(), self.starts + 1
            while snakemake.poll() is None:
                if time.monotonic() - self.began > LONGEST_SECONDS:
                    os.killpg(snakemake.pid, signal.SIGKILL)
                    pytest.fail(f"not done after {LONGEST_SECONDS:.0f} s: {self.project.printed[-2000:]}")
                if len(self.hits) < KILLS:
                    self.kill_what_is_due(snakemake)
                time.sleep(0.2)
            code = snakemake.returncode
            done = len(list(self.results.glob("runs/*/*/*/*/*/record.json")))
            self.log(f"snakemake {self.starts} ended with {code}; {done} records")

    def kill_what_is_due(self, snakemake) -> None:
        """Kill snakemake, whose jobs live on as on a cluster, or one of the trainings."""
        now = time.monotonic()
        if now - self.last_start >= KILL_SNAKEMAKE_SECONDS:
            os.kill(snakemake.pid, signal.SIGKILL)
            snakemake.wait()
        elif now - self.last_hit >= KILL_TRAINING_SECONDS and any(under_way(self.results)):
            time.sleep(self.draws.uniform(0.0, 3.0))  # not always at a training's first steps
            if found := list(under_way(self.results)):
                self.kill(self.draws.choice(found))

    def kill(self, training: Training) -> None:
        """Kill one training, unless it is dead already."""
        with suppress(ProcessLookupError):
            os.kill(training.pid, signal.SIGKILL)
            self.hits.append(training)
            self.last_hit = time.monotonic()
            place = training.folder.relative_to(self.results / "runs")
            self.log(f"kill {len(self.hits)}: {place} after step {training.step}, checkpoint: {training.saved}")


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
    save_often(project)
    steps = steps_here(project, monkeypatch)
    write_study(project, seeds=SEEDS, steps=steps)

    fire = Fire(project)
    fire.endured()
    killed = {training.folder for training in fire.hits}
    resumed = sorted(step for folder in killed if (step := timing_of(folder)["resumed_steps"]))
    fire.log(f"{len(fire.hits)} kills of {len(killed)} runs, {fire.starts} snakemakes; {steps} steps a run")
    fire.log(f"{len(resumed)} of the killed runs went on from a checkpoint, after steps {resumed}")
    assert len(fire.hits) == KILLS
    assert len(resumed) >= FEWEST_RESUMED
    events = [[line["event"] for line in journal] for journal in project.journals()]
    assert not any("end" in before for *before, _ in events)  # what was finished wasn't begun again
    assert not list(fire.results.glob("runs/**/.*.partial"))

    undisturbed = results_of(bring_up_to_date(project, "undisturbed", monkeypatch))
    assert len(undisturbed) == 2 * SEEDS
    assert results_of(fire.results) == undisturbed
    fire.log("the undisturbed runs are the same, bit for bit")
