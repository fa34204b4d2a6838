"""How `latentdim run` ends: counts, reasons and the report."""

from __future__ import annotations

import sys

import pytest
import yaml

from latentdim.cli.main import main

STUDY = {
    "title": "Two controls",
    "protocol": {"training": {"steps": 10, "batch_size": 16}, "evaluation": {"n_generated": 100, "n_reference": 100}},
    "metrics": ["mse_per_pixel"],
    "grid": [{"datasets": ["digits"], "methods": {"pca": {}, "constant": {}}, "dims": [2]}],
    "exhibits": [{"kind": "results", "name": "results"}],
}


@pytest.fixture
def command(tmp_path) -> list[str]:
    """The command line of a study that takes a second."""
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(STUDY))
    folders = ["--results", str(tmp_path / "results"), "--reports", str(tmp_path / "reports")]
    return ["run", str(tmp_path / "mine.yaml"), *folders, "--device", "cpu"]


def test_a_run_ends_with_counts_reasons_and_its_report(command, tmp_path, capsys) -> None:
    assert main(command) == 0
    counts, collapsed, report = capsys.readouterr().out.splitlines()
    assert counts == "mine: 1 collapsed  1 ok  of 2"
    assert collapsed.startswith("  collapsed 1 run: ")
    assert "of the variance" in collapsed
    assert collapsed.endswith("(digits constant L = 2, seed 0)")
    assert report == f"report: {tmp_path / 'reports' / 'mine' / 'index.html'}"
    assert (tmp_path / "reports" / "mine" / "index.html").exists()


def test_where_nothing_can_be_drawn_the_report_is_left_to_another_machine(
    command, tmp_path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(command) == 0
    report = f"`latentdim report {tmp_path / 'mine.yaml'}`"
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"no report was made: pandas, matplotlib can't be imported here; {report} makes it elsewhere"
    )
    assert list((tmp_path / "reports").iterdir()) == []


def test_reports_that_cannot_be_written_are_told_before_anything_runs(command, tmp_path, capsys) -> None:
    (tmp_path / "reports").write_text("a file")
    assert main(command) == 2
    assert "choose another with --reports" in capsys.readouterr().err
    assert not (tmp_path / "results" / "runs").exists()


def test_what_is_here_of_a_study_runs_when_that_is_asked_for(command, tmp_path, capsys) -> None:
    grid = [{"datasets": ["digits", "mine"], "methods": {"pca": {}}, "dims": [2]}]
    study = STUDY | {"datasets": {"mine": {"kind": "npy", "path": "nowhere.npy"}}, "grid": grid}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(study))
    assert main(command) == 2
    told = capsys.readouterr().err
    assert "nowhere.npy" in told
    assert "to run what is there: --leave-out-missing; " in told
    assert main([*command, "--leave-out-missing"]) == 0
    counts, missing, _ = capsys.readouterr().out.splitlines()
    assert counts == "mine: 1 missing  1 ok  of 2"
    assert "nowhere.npy" in missing
    reports = ["report", *command[1:-2]]
    assert main(reports) == 0
    assert "nowhere.npy" in (tmp_path / "reports" / "mine" / "index.md").read_text()
    assert main([*reports, "--strict"]) == 2
    assert "nowhere.npy" in capsys.readouterr().err
