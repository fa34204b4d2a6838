"""A job whose runs another process holds gives way, and says so."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from latentdim.jobs import waiting
from latentdim.plan.expand import plan_study
from latentdim.plan.plan import Plan
from latentdim.system.leases import lease
from latentdim.system.slurm import NoAnswer, SlurmJob

STUDY = {
    "title": "mine", "protocol": {"training": {"steps": 5, "batch_size": 10}}, "metrics": ["mse_per_pixel"],
    "grid": [{"datasets": ["digits"], "methods": {"pca": {}}, "dims": [2], "seeds": 2}],
}  # fmt: skip


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Two runs in one pack."""
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(STUDY))
    return plan_study(str(file), results=tmp_path / "results")


@pytest.fixture
def job(plan: Plan, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start the pack's job as a scheduler does; descriptor 3 is the terminal."""
    (pack,) = plan.packs
    stamp, results = str(tmp_path / "stamp.json"), str(plan.results)
    command = [
        sys.executable, "-m", "latentdim", "run", "--study", str(plan.path), "--pack", pack, "--stamp", stamp,
        "--results", results, "--device", "cpu", "--wait", "0",
    ]  # fmt: skip
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        shell = ["bash", "-c", 'exec "$@" 3> terminal.txt 2> log.txt', "job", *command]
        environment = os.environ | {"LATENTDIM_TERMINAL": "3", "SLURM_JOB_ID": ""}
        started.append(subprocess.Popen(shell, cwd=tmp_path, env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_job_does_what_is_free_and_then_waits_without_torch(plan: Plan, job, tmp_path: Path) -> None:
    first, second = (plan.folder(run) for run in plan.runs)
    terminal = tmp_path / "terminal.txt"
    with lease(first / "lease"):
        process = job()
        until(lambda: terminal.exists() and "waiting for it without a GPU" in terminal.read_text())
        assert (second / "record.json").exists()
        assert not (first / "record.json").exists()
        assert f"held by process {os.getpid()}" in terminal.read_text()
        assert "libtorch" not in Path(f"/proc/{process.pid}/maps").read_text()
        assert not (tmp_path / "stamp.json").exists()
        assert process.poll() is None
    assert process.wait(timeout=60) == 0
    assert (first / "record.json").exists()
    assert (tmp_path / "stamp.json").exists()
    assert terminal.read_text().count("\n") == 1
    assert "held by" in (tmp_path / "log.txt").read_text()


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """As inside Slurm's job 9; what it is asked."""
    asked: list[tuple[str, ...]] = []
    monkeypatch.setenv("SLURM_JOB_ID", "9")
    monkeypatch.setattr(waiting, "requeue_after", lambda job, others: asked.append((job, *others)))
    return asked


def hold_as(monkeypatch: pytest.MonkeyPatch, job: str) -> None:
    """Leases are taken in the name of this job."""
    monkeypatch.setattr(waiting, "own_job", lambda: "9")
    monkeypatch.setenv("SLURM_JOB_ID", job)


def test_inside_slurm_it_goes_back_into_the_queue_after_the_holders_job(plan, slurm, monkeypatch, capsys) -> None:
    hold_as(monkeypatch, "3")
    packs = list(plan.packs.values())
    first, second = (plan.folder(run) / "lease" for run in plan.runs)
    with lease(first):
        waiting.wait_without_gpu(plan, packs)  # the other run is free
        assert slurm == []
        with lease(second), pytest.raises(SystemExit) as ended:
            waiting.wait_without_gpu(plan, packs)
    assert ended.value.code == 0
    assert slurm == [("9", "3")]
    assert "job 3; back into the queue" in capsys.readouterr().err


def test_a_job_that_slurm_does_not_put_back_waits(plan, slurm, monkeypatch, capsys) -> None:
    hold_as(monkeypatch, "3")
    packs = [replace(pack, runs=pack.runs[:1]) for pack in plan.packs.values()]
    naps = []

    def refuse(job: str, others: list[str]) -> None:
        raise NoAnswer("disabled")

    def nap(seconds: float) -> None:
        naps.append(seconds)
        held.__exit__(None, None, None)

    monkeypatch.setattr(waiting, "requeue_after", refuse)
    monkeypatch.setattr(waiting.time, "sleep", nap)
    held = lease(plan.folder(plan.runs[0]) / "lease")
    held.__enter__()
    waiting.wait_without_gpu(plan, packs)
    assert len(naps) == 1
    assert "waiting for it without a GPU" in capsys.readouterr().err


def test_jobs_at_work_are_those_that_hold_a_run_and_run(plan, monkeypatch) -> None:
    known = {"3": SlurmJob("3", "RUNNING"), "4": SlurmJob("4", "COMPLETED")}
    monkeypatch.setattr(waiting, "jobs_of", lambda *given: known)
    first, second = (plan.folder(run) / "lease" for run in plan.runs)
    assert waiting.jobs_at_work(plan, plan.runs) == []
    hold_as(monkeypatch, "3")
    with lease(first):
        hold_as(monkeypatch, "4")
        with lease(second):
            assert waiting.jobs_at_work(plan, plan.runs) == ["3"]
            assert waiting.jobs_at_work(plan, plan.runs[1:]) == []
