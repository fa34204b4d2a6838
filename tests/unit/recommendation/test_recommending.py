"""A whole recommendation, trained by the suite's engine: plan, answer, files, resumption, exit codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from latentdim.cli.main import main
from latentdim.plan.expand import plan_study
from latentdim.recommendation import budget, course, recommending
from latentdim.recommendation.crew import Stopped
from latentdim.recommendation.document import Recommendation
from latentdim.recommendation.recommending import Request, recommended
from latentdim.recommendation.rule import Kind


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings of a few hundred steps of a small network, one after another."""
    monkeypatch.setattr(budget, "WIDTHS", (64,))
    monkeypatch.setattr(budget, "MOST_STEPS", 300)
    monkeypatch.setattr(course, "BETAS", (0.1,))


def test_a_plane_among_four_columns_needs_two_and_is_trained_once(tmp_path: Path, tiny: None) -> None:
    rows = np.random.default_rng(0).normal(size=(300, 2)) @ np.array([[1.0, 0.0, 0.5, 0.2], [0.0, 1.0, 0.3, -0.4]])
    np.save(tmp_path / "plane.npy", rows.astype(np.float32))
    request = Request(
        str(tmp_path / "plane.npy"), budget="1m", seeds=1, device="cpu", out=tmp_path / "out",
        results=tmp_path / "results", cores=1,
    )  # fmt: skip
    said: list[str] = []
    answer = recommended(request, say=said.append)
    assert (answer.headline, answer.exit_code, answer.interval) == ("recommended L = 2", 0, (2, 2))
    assert said[1].startswith("plan: at most ")
    assert [vote.method for vote in answer.votes] == ["ard_vae", "least_volume"]
    assert Recommendation.model_validate_json((tmp_path / "out" / "recommendation.json").read_text()) == answer

    plan = plan_study(str(tmp_path / "out" / "study.yaml"), results=tmp_path / "results")
    records = {plan.folder(run) / "record.json" for run in plan.runs}
    assert len(records) == answer.costs["runs"]
    before = {path: path.stat().st_mtime_ns for path in records}
    assert recommended(request, say=said.append) == answer
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
