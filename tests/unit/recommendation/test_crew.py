"""Workers: told runs until none is left, and what becomes of a recommendation when one stops."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from latentdim.plan.expand import plan_study
from latentdim.plan.plan import Plan
from latentdim.plan.run import Run
from latentdim.recommendation.crew import Died, Stopped, crew

STUDY = {
    "title": "A study",
    "protocol": {"training": {"steps": 10, "batch_size": 16}},
    "metrics": ["mse_per_pixel"],
    "grid": [{"datasets": ["digits"], "methods": {"vae": {}}, "dims": [1, 2, 3, 4, 5]}],
}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(STUDY))
    return plan_study(str(tmp_path / "study.yaml"), results=tmp_path / "results")


@pytest.fixture
def interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for the interpreter that workers are started with: a script that a test writes."""
    script = tmp_path / "interpreter"
    monkeypatch.setattr(sys, "executable", str(script))
    return script


def written(script: Path, body: str) -> None:
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)


def test_every_run_is_told_to_one_worker_once(plan: Plan, interpreter: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    written(interpreter, f'while read line; do echo "$line" >> {log}; echo ended; done; echo over >> {log}')
    told: list[Run] = []
    with crew(2, results=tmp_path / "results", device="cpu") as workers:
        workers.bring_up_to_date(plan, plan.runs[:3], told=told.append)
        workers.bring_up_to_date(plan, plan.runs[3:], told=told.append)
    assert sorted(told, key=lambda run: run.dim) == list(plan.runs)
    lines = log.read_text().splitlines()
    assert sorted(line for line in lines if line != "over") == [f"{plan.path}\t{run.path}" for run in plan.runs]
    assert lines.count("over") == 2


@pytest.mark.parametrize("last", ["read line; echo interrupted", "read line; kill -TERM $$", "exit 130"])
def test_a_worker_that_stops_stops_all(plan: Plan, interpreter: Path, tmp_path: Path, last: str) -> None:
    written(interpreter, last)
    with pytest.raises(Stopped), crew(1, results=tmp_path / "results", device="cpu") as workers:
        workers.bring_up_to_date(plan, plan.runs, told=lambda run: None)


@pytest.mark.parametrize(
    ("last", "how"),
    [
        ("read line; exit 1", "ended with exit status 1;"), ("exit 1", "ended with exit status 1;"),
        ("read line; exit 0", "ended with exit status 0;"),
        ("read line; kill -KILL $$", r"signal 9 \(Killed\), as the system does where memory runs out"),
        ("read line; kill -SEGV $$", r"signal 11 \(Segmentation fault\)$"),
    ],
)  # fmt: skip
def test_a_worker_that_dies_stops_all_with_how_it_ended(
    plan: Plan, interpreter: Path, tmp_path: Path, last: str, how: str
) -> None:
    written(interpreter, last)
    with pytest.raises(Died, match=how), crew(1, results=tmp_path / "results", device="cpu") as workers:
        workers.bring_up_to_date(plan, plan.runs, told=lambda run: None)


def test_no_worker_is_started_where_nothing_is_left(interpreter: Path, tmp_path: Path) -> None:
    with crew(2, results=tmp_path / "results", device="cpu") as workers:
        pass
    assert workers.workers == []
