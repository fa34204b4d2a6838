"""Disk space by study; what no study asks for is listed first, and removed only when asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from latentdim.cli.main import main
from latentdim.jobs.disk import size_of, unclaimed, usage_of
from latentdim.system.leases import lease

GRID = [{"datasets": ["synthetic_8"], "methods": {"wae_mmd": None}, "dims": [4], "seeds": 2}]


@pytest.fixture
def plan(fabricated):
    """A study of two finished runs, beside a run and a data set of another one that is gone."""
    plan = fabricated.plan(grid=GRID)
    for run in plan.runs:
        fabricated.finish(plan, run, {"frechet_distance": 1.0})
    fabricated.prepared(plan, "synthetic_8")
    return plan


@pytest.fixture
def strays(plan) -> list[Path]:
    """What no study asks for."""
    folders = [plan.results / "data" / "gone" / "0123", plan.results / "runs" / "gone" / "vae" / "L2" / "abc" / "seed0"]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "something").write_bytes(b"x" * 1000)
    return folders


def test_a_study_takes_what_its_folders_hold(plan) -> None:
    usage = usage_of(plan)
    files = [path for run in plan.runs for path in plan.folder(run).rglob("*") if path.is_file()]
    assert (usage.study, usage.runs) == ("demo", 2)
    assert usage.run_bytes == sum(path.stat().st_size for path in files) > 0
    assert usage.data_bytes == size_of(plan.datasets["synthetic_8"].folder(plan.results)) > 0


def test_what_no_study_asks_for_is_listed_and_removed_only_when_asked(plan, strays, capsys) -> None:
    assert unclaimed(plan.results, [plan]) == strays
    command = ["clean", str(plan.path), "--results", str(plan.results)]
    assert main(command) == 0
    assert "2 folders, 0.0 MB, that no study asks for; nothing was removed" in capsys.readouterr().out
    assert all(folder.exists() for folder in strays)
    assert main([*command, "--delete"]) == 0
    assert unclaimed(plan.results, [plan]) == []
    assert not (plan.results / "runs" / "gone").exists()
    assert usage_of(plan).runs == 2


def test_a_folder_in_which_a_process_works_is_kept(plan, strays, capsys) -> None:
    with lease(strays[1] / "lease"):
        assert main(["clean", str(plan.path), "--results", str(plan.results), "--delete"]) == 1
    assert f"kept {strays[1]}: " in capsys.readouterr().err
    assert (strays[1] / "something").exists()
    assert not strays[0].exists()


def test_a_study_with_a_mistake_stops_the_cleaning(plan, strays, tmp_path, capsys) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("title: broken\n")
    assert main(["clean", str(broken), "--results", str(plan.results), "--delete"]) == 2
    assert "broken.yaml has" in capsys.readouterr().err
    assert all(folder.exists() for folder in strays)


def test_the_space_is_told_study_by_study(plan, strays, capsys) -> None:
    assert main(["du", str(plan.path), "--results", str(plan.results)]) == 0
    printed = capsys.readouterr().out
    assert [line.split()[1] for line in printed.splitlines() if line.startswith("demo")] == ["2"]
    assert "runs of no study" in printed
