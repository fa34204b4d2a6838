"""What lies in a recommendation's folder already isn't overwritten by one of other data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from latentdim.cli.main import main
from latentdim.recommendation.budget import design
from latentdim.recommendation.course import SWEPT, Asked
from latentdim.recommendation.folder import taken
from latentdim.recommendation.source import Source, source_of
from latentdim.recommendation.study import HEADER, write_study


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def source(path: Path, tmp_path: Path, *, array: str | None = None) -> Source:
    path.parent.mkdir(exist_ok=True)
    rows = np.random.default_rng(len(path.parts[-2])).normal(size=(40, 6)).astype(np.float32)
    np.savez(path, first=rows, second=rows) if array else np.save(path, rows)
    return source_of(str(path), results=tmp_path / "results", array=array)


def write(folder: Path, of: Source, tmp_path: Path, *, budget: float = 600.0) -> None:
    planned = design((6,), n_train=32, n_linear=6, budget_seconds=budget, n_seeds=1)
    write_study(folder, of, planned, [Asked(SWEPT, 2, 0)], results=tmp_path / "results")


def test_other_data_of_the_same_name_are_refused_and_the_same_go_on(out: Path, tmp_path: Path) -> None:
    first, second = (source(tmp_path / name / "data.npy", tmp_path) for name in ("a", "b"))
    assert taken(out, first) == []
    write(out, first, tmp_path)
    assert taken(out, first) == []
    (problem,) = taken(out, second)
    assert "a/data.npy', which one of" in problem
    assert "--out" in problem
    write(out, second, tmp_path)
    assert "recommendation of" in taken(out, source_of("digits", results=tmp_path / "results"))[0]


def test_arrays_of_one_file_are_told_apart(out: Path, tmp_path: Path) -> None:
    first, second = (source(tmp_path / "a/data.npz", tmp_path, array=name) for name in ("first", "second"))
    write(out, first, tmp_path)
    assert taken(out, first) == []
    assert "array first" in taken(out, second)[0]


@pytest.mark.parametrize("name", ["index.html", "study.yaml"])
def test_somebody_elses_page_or_study_is_refused_with_exit_code_2(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    source(tmp_path / "a/data.npy", tmp_path)
    (out / name).write_text("mine")
    command = ["recommend", str(tmp_path / "a/data.npy"), "--out", str(out), "--results", str(tmp_path / "results")]
    assert main(command) == 2
    assert "choose another folder with --out" in capsys.readouterr().err
    assert (out / name).read_text() == "mine"
    assert len(list(out.iterdir())) == 1


@pytest.mark.parametrize(
    "rest",
    ["grid: [", "", "- a list", "grid: []", "grid: [{datasets: [a]}]\ndatasets: {a: {kind: npy}}", "datasets: 3"],
)
def test_a_study_that_was_broken_by_hand_is_a_sentence_and_exit_code_2(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], rest: str
) -> None:
    source(tmp_path / "a/data.npy", tmp_path)
    (out / "study.yaml").write_text(HEADER + rest)
    command = ["recommend", str(tmp_path / "a/data.npy"), "--out", str(out), "--results", str(tmp_path / "results")]
    assert main(command) == 2
    assert "no longer tells what data it is of; remove it" in capsys.readouterr().err
    (out / "study.yaml").unlink()
    assert taken(out, source_of(command[1], results=tmp_path / "results")) == []
