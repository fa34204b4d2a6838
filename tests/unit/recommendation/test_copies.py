"""Copied examples: counted, told, and no answer where most are copies."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from latentdim.cli.main import main
from latentdim.recommendation.budget import design
from latentdim.recommendation.copies import Copies, copies_in
from latentdim.recommendation.course import Evidence
from latentdim.recommendation.crew import Crew
from latentdim.recommendation.recommending import Trainings, told
from latentdim.recommendation.rule import Answer, Kind, Point
from latentdim.recommendation.source import source_of

ROWS = np.random.default_rng(0).normal(size=(60, 6)).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_copies_are_counted_within_and_across_the_parts(tmp_path: Path, dtype: type) -> None:
    train, test = np.arange(10).reshape(5, 2).astype(dtype), np.arange(6, 14).reshape(4, 2).astype(dtype)
    np.save(tmp_path / "train.npy", train[[0, 1, 2, 3, 4, 0]])
    np.save(tmp_path / "test.npy", test[[0, 1, 2, 3, 3]])
    assert copies_in(tmp_path) == Copies(n_examples=11, n_copies=4, n_test=5, n_seen=2)


def test_both_zeros_are_equal(tmp_path: Path) -> None:
    np.save(tmp_path / "train.npy", np.array([[0.0, 1.0]], np.float32))
    np.save(tmp_path / "test.npy", np.array([[-0.0, 1.0]], np.float32))
    assert copies_in(tmp_path).n_seen == 1


def test_copies_are_told_first_and_that_their_error_is_not_held_out(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    source = source_of(str(tmp_path / "rows.npy"), results=tmp_path)
    planned = design((6,), n_train=48, n_linear=6, budget_seconds=600.0, n_seeds=1)
    trainings = Trainings(source, planned, tmp_path, tmp_path, Crew(1, tmp_path, "cpu"), print)
    evidence = Evidence((Point(1, {0: 0.9}, {}),), Answer(Kind.NOISE))
    answer = told(trainings, evidence, None, copies=Copies(60, 7, 12, 3), linear={}, seconds=600.0)
    assert answer.reasons[0].startswith("7 of the 60 examples are copies of others; 3 of the 12 held-out ones are also")
    assert "not held out" in answer.reasons[0]
    answer = told(trainings, evidence, None, copies=Copies(60, 0, 12, 0), linear={}, seconds=600.0)
    assert "copies" not in " ".join(answer.reasons)
    assert Copies(60, 7, 12, 0).sentences() == ("7 of the 60 examples are copies of others.",)


def test_where_most_are_copies_there_is_no_answer_and_nothing_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "rows.npy", np.repeat(ROWS, 10, axis=0))
    out = tmp_path / "out"
    command = ["recommend", str(tmp_path / "rows.npy"), "--out", str(out), "--results", str(tmp_path / "results")]
    assert main(command) == 3
    printed = capsys.readouterr().out
    assert printed.startswith("no answer: most examples are copies of others\n540 of the 600 examples are copies")
    assert "Give every example once" in printed
    answer = json.loads((out / "recommendation.json").read_text())
    assert (answer["kind"], answer["recommended_dim"], answer["costs"]["runs"]) == ("copies", None, 0)
    assert not (out / "study.yaml").exists()
