"""Runs of another machine taken in: equal ones are one, contradicting ones are told, and nobody loses any."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from latentdim.cli.main import main
from latentdim.outcomes.outcomes import outcomes
from latentdim.plan.plan import Plan
from latentdim.records.folder import RunFolder
from latentdim.system.leases import lease

GRID = [{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [2, 4]}]
DISTANCE = {"metric": "frechet_distance", "axes": "all", "status": "ok", "value": 1.5}
SECONDS = {"metric": "train_seconds", "axes": None, "status": "ok", "value": 10.0}
VALUES = {"frechet_distance": DISTANCE, "active": 2, "train_seconds": SECONDS}


@pytest.fixture
def plan(fabricated) -> Plan:
    """A study of two runs that are finished here."""
    plan = fabricated.plan(grid=GRID, metrics=["frechet_distance", "active", "train_seconds"])
    for run in plan.runs:
        fabricated.finish(plan, run, VALUES)
        fabricated.examples(plan, run, (2,))
    return plan


@pytest.fixture
def other(plan: Plan, tmp_path: Path) -> Path:
    """The same results on another machine."""
    return Path(shutil.copytree(plan.results, tmp_path / "other"))


def merged(plan: Plan, other: Path) -> int:
    return main(["merge", str(other), "--results", str(plan.results)])


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "lease")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def change(folder: Path, metric: str, value: float) -> None:
    (file,) = (folder / "metrics").glob(f"{metric}-*.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"value": value}))


def test_what_is_not_finished_here_is_taken_whole(plan, other, fabricated, capsys) -> None:
    first, second = (plan.folder(run) for run in plan.runs)
    shutil.rmtree(first)
    fabricated.finish(plan, plan.runs[1], {}, status="failed", reason="a bug")
    (other / plan.runs[0].path / "epochs").mkdir()
    (other / plan.runs[0].path / "epochs" / "1.safetensors").write_bytes(b"weights")
    assert merged(plan, other) == 0
    assert capsys.readouterr().out.startswith("2 runs taken in, 0 completed")
    assert contents(first) == contents(other / plan.runs[0].path)
    assert contents(second) == contents(other / plan.runs[1].path)
    assert all(outcome.done for outcome in outcomes(plan))


def test_equal_runs_are_one_and_have_the_metrics_of_both(plan, other, capsys) -> None:
    mine, theirs = plan.folder(plan.runs[0]), other / plan.runs[0].path
    next((mine / "metrics").glob("active-*")).unlink()
    next((theirs / "metrics").glob("frechet_distance-*")).unlink()
    change(theirs, "train_seconds", 99.0)  # of the machine: no contradiction
    assert merged(plan, other) == 0
    assert "0 runs taken in, 1 completed by metrics or examples, 1 equal, 0 with" in capsys.readouterr().out
    assert len(list((mine / "metrics").iterdir())) == 3
    before = contents(plan.results)
    assert merged(plan, other) == 0
    assert contents(plan.results) == before


@pytest.mark.parametrize("what", ["value", "status", "data"])
def test_contradicting_runs_are_told_and_both_kept(plan, other, fabricated, capsys, what: str) -> None:
    mine, theirs = plan.folder(plan.runs[0]), other / plan.runs[0].path
    if what == "value":
        change(theirs, "frechet_distance", 1.5000001)
        sentence = "frechet_distance on all is 1.5 here and 1.5000001 there"
    else:
        record = json.loads((theirs / "record.json").read_text())
        altered = {"status": {"status": "collapsed"}, "data": {"data": record["data"] | {"digest": "e" * 64}}}[what]
        (theirs / "record.json").write_text(json.dumps(record | altered))
        sentence = {"status": "status is ok here and collapsed there", "data": f"here and {'e' * 12} there"}[what]
    before = contents(mine)
    for _ in range(2):
        assert merged(plan, other) == 1
        assert sentence in capsys.readouterr().err
        assert contents(mine) == before
        (kept,) = (plan.results / "contradicting").rglob("record.json")
        assert contents(kept.parent) == contents(theirs)


def test_runs_that_are_being_written_or_cannot_be_read_stay_behind(plan, other, capsys) -> None:
    first, second = plan.runs
    shutil.rmtree(plan.folder(first))
    (other / second.path / "record.json").write_text("{}")
    with lease(plan.folder(first) / "lease"):
        assert merged(plan, other) == 1
    said = capsys.readouterr().err
    assert f"left  {first.path}: held by process" in said
    assert str(other / second.path / "record.json") in said
    assert not RunFolder(plan.folder(first)).record.exists()


def test_a_folder_that_is_no_results_folder_or_this_one_is_refused(plan, tmp_path, capsys) -> None:
    assert merged(plan, tmp_path / "nowhere") == 2
    assert "there is no folder 'runs' in it" in capsys.readouterr().err
    assert merged(plan, plan.results) == 2
    assert "is the results folder itself" in capsys.readouterr().err
