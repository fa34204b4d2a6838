"""`latentdim show`: the run that words name, and what is told of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from latentdim.cli.main import main
from latentdim.cli.new_study import write_study
from latentdim.cli.show import run_folder
from latentdim.records.folder import RunFolder
from latentdim.system.files import append_line
from latentdim.system.problems import InputError

GRID = [{"datasets": ["synthetic_8"], "methods": {"vae": {}, "pca": {}}, "dims": [2, 4], "seeds": 2}]


@pytest.fixture
def plan(fabricated):
    """A study of eight runs, none of them made."""
    return fabricated.plan(grid=GRID)


def test_a_run_is_named_by_its_folder_or_by_a_study_and_words_of_its_title(plan, fabricated) -> None:
    run = next(run for run in plan.runs if run.title == "synthetic_8 vae L=4 seed 1")
    folder = fabricated.finish(plan, run, {})
    study = str(plan.path)
    assert run_folder([str(folder.path)], plan.results) == folder
    assert run_folder([study, *run.title.split()], plan.results) == folder
    assert run_folder([study, "vae", "L=4", "seed 1"], plan.results) == folder
    assert run_folder([str(plan.path.parent), "L=4", "1", "vae"], plan.results) == folder


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["vae", "L=4"],
            "2 runs of 'demo' fit 'vae L=4'; name one by its words: synthetic_8 vae L=4 seed 0; "
            "synthetic_8 vae L=4 seed 1",
        ),
        (["vea"], "no run of 'demo' fits 'vea'; name one by its words: synthetic_8 vae L=2 seed 0; "),
    ],
)
def test_words_that_name_no_run_or_several_are_answered_with_titles(plan, words, sentence) -> None:
    with pytest.raises(InputError) as refusal:
        run_folder([str(plan.path), *words], plan.results)
    assert refusal.value.problems[0].startswith(sentence)


def test_a_method_stands_for_its_row_where_no_row_is_called_so(fabricated) -> None:
    entries = [GRID[0] | {"methods": {"vae": {}}, "label": "my rows"}, GRID[0] | {"methods": {"pca": {}}}]
    plan = fabricated.plan(grid=entries)
    assert run_folder([str(plan.path), "vae L=4 seed 1"], plan.results).path == plan.folder(plan.runs[3])
    assert plan.runs[3].title == "synthetic_8 my rows L=4 seed 1"
    both = fabricated.plan(grid=[entries[0], entries[1] | {"label": "vae"}])
    assert run_folder([str(both.path), "vae L=4 seed 1"], both.results).path == both.folder(both.runs[7])


def test_the_run_that_readme_shows_is_one_of_the_study_that_it_has_written(tmp_path) -> None:
    readme = Path(__file__).parents[3].joinpath("README.md").read_text(encoding="utf-8")
    commands = re.findall(r"`latentdim show mine ([^`]+)`", readme)
    study = write_study("mine", tmp_path)
    assert [run_folder([str(study), *words.split()], tmp_path).path.name for words in commands] == ["seed0"]


def test_a_folder_that_is_no_runs_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="is no run's folder: it holds no record"):
        run_folder([str(tmp_path)], tmp_path)


def test_a_run_is_told_with_its_settings_metrics_history_files_and_log(plan, fabricated, capsys) -> None:
    run = plan.runs[0]
    distance = {"metric": "frechet_distance", "axes": "all", "status": "refused", "value": None, "reason": "no model"}
    folder = fabricated.finish(plan, run, {}, status="collapsed", reason="flat", config={"beta": 0.5}, active=0)
    fabricated.measure(plan, run, "frechet_distance", distance)
    fabricated.measure(plan, run, "active", {"metric": "active", "axes": None, "value": 1.25, "n": 100})
    fabricated.history(plan, run, {"step": [1.0, 2.0, 3.0], "loss": [0.5, None, 0.25]})
    folder.log.write_text("".join(f"line {i}\n" for i in range(9)))
    (folder.path / "samples.png").write_bytes(b"x" * 1500)
    assert main(["show", str(folder.path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [str(folder.path), "collapsed: flat"]
    assert "config    beta 0.5" in lines
    assert f"  {'active':34} {'1.25':12} n 100" in lines
    assert f"  {'frechet_distance on all':34} refused: no model" in lines
    start = lines.index("history   3 rows; first and last:")
    assert lines[start + 1 : start + 3] == ["  step 1, loss 0.5", "  step 3, loss 0.25"]
    assert lines[lines.index("files") + 1] == "         1.5 kB  samples.png"
    assert lines[-5:] == [f"  line {i}" for i in range(4, 9)]


def test_each_attempt_is_told_with_its_host_job_gpu_and_log(plan, capsys) -> None:
    folder = RunFolder(plan.folder(plan.runs[0]))
    start = {"event": "start", "attempt": 1, "time": 1e9, "host": "node7", "job": "42", "gpu": "1", "log": "/a.log"}
    append_line(folder.journal, start)
    append_line(folder.journal, start | {"attempt": 2, "time": 1e9 + 60, "job": "", "gpu": "", "log": ""})
    append_line(folder.journal, {"event": "end", "attempt": 2, "time": 1e9 + 62.5, "outcome": "failed", "reason": "no"})
    assert main(["show", str(folder.path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    first, log, second = lines[lines.index("attempts") + 1 :][:3]
    assert first.endswith("on node7, job 42, GPU 1  no end was written")
    assert log.strip() == "log /a.log"
    assert second.endswith(", 2.5 s  on node7  failed: no")
    assert main(["show", str(folder.path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["attempts"]
    assert [(one["number"], one["job"], one["ended"]) for one in told] == [(1, "42", None), (2, "", 1e9 + 62.5)]


def test_a_run_that_is_not_made_is_told_as_missing(plan, capsys) -> None:
    assert main(["show", str(plan.path), "pca", "L=2", "seed 0", "--results", str(plan.results)]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "missing: not started"


def test_the_data_hold_record_metrics_and_the_whole_history(plan, fabricated, capsys) -> None:
    folder = fabricated.finish(plan, plan.runs[0], {"active": 2})
    fabricated.history(plan, plan.runs[0], {"step": [1.0, 2.0]})
    assert main(["show", str(folder.path), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["record"] == json.loads(folder.record.read_text())
    assert [metric["value"] for metric in content["metrics"]] == [2]
    assert content["history"] == [{"step": 1.0}, {"step": 2.0}]
