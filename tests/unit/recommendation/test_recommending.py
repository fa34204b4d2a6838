"""A whole recommendation, trained by the suite's engine: plan, answer, files, resumption, exit codes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from latentdim.cli.main import main
from latentdim.plan.expand import plan_study
from latentdim.recommendation import budget, course, recommending
from latentdim.recommendation.crew import Died, Stopped
from latentdim.recommendation.document import Recommendation
from latentdim.recommendation.recommending import Request
from latentdim.recommendation.rule import Kind

README = Path(__file__).parents[3] / "README.md"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings of a few hundred steps of a small network, one after another."""
    monkeypatch.setattr(budget, "WIDTHS", (64,))
    monkeypatch.setattr(budget, "MOST_STEPS", 1000)
    monkeypatch.setattr(course, "BETAS", (0.1,))


def test_the_readmes_example_is_answered_and_trained_once(
    tmp_path: Path, tiny: None, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"In a notebook:\n\n```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, "README", "exec"), names)
    answer, folder = names["answer"], Path("reports/recommend/ring")
    assert (answer.headline, answer.exit_code) == ("recommended L = 2", 0)
    assert [vote.method for vote in answer.votes] == ["ard_vae", "nested_dropout"]
    assert "plan: at most " in capsys.readouterr().err
    assert Recommendation.model_validate_json((folder / "recommendation.json").read_text()) == answer
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "<h1>Recommended L = 2</h1>" in page
    assert all(vote.title in page for vote in answer.votes)
    assert [path.name for path in folder.parent.iterdir()] == ["ring"]  # what else lies there is somebody's own

    plan = plan_study(str(folder / "study.yaml"))
    records = {plan.folder(run) / "record.json" for run in plan.runs}
    assert len(records) == answer.costs["runs"]
    Path("workflow/studies").mkdir(parents=True)
    Path("workflow/studies/ring").symlink_to(folder.resolve())
    assert (plan_study("ring").name, len(plan_study("ring").runs)) == ("ring", len(records))  # as Snakemake plans it

    before = {path: path.stat().st_mtime_ns for path in records}
    exec(compile(example, "README", "exec"), names)
    assert names["answer"] == answer
    assert {path: path.stat().st_mtime_ns for path in records} == before


def test_no_answer_ends_with_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    noise = Recommendation(
        recommended_dim=None, interval=None, kind=Kind.NOISE, reasons=("Because.",), advice=("Look.",), intrinsic=None,
        linear={}, sweep=(), votes=(), weights={}, data={}, protocol={}, costs={"runs": 5, "train_seconds": 3.0},
        latentdim="0",
    )  # fmt: skip
    monkeypatch.setattr(recommending, "recommended", lambda request, say: noise)
    assert main(["recommend", "digits"]) == 3
    assert capsys.readouterr().out.splitlines()[0] == "no answer: nothing but noise was learned"


def test_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def stopped(request: Request, say: object) -> None:
        raise Stopped

    monkeypatch.setattr(recommending, "recommended", stopped)
    assert main(["recommend", "digits"]) == 130
    assert "run the same command again to go on" in capsys.readouterr().err


def test_a_process_that_died_ends_with_1_and_how(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def died(request: Request, say: object) -> None:
        raise Died("a process that trains ended with exit status 7")

    monkeypatch.setattr(recommending, "recommended", died)
    assert main(["recommend", "digits"]) == 1
    told = capsys.readouterr().err
    assert "exit status 7" in told
    assert "interrupted" not in told


def test_the_help_tells_the_exit_codes(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["recommend", "--help"])
    assert "3 there is no answer" in " ".join(capsys.readouterr().out.split())
