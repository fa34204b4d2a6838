"""A mistake is told with its line in the study file, and numbers are read as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from latentdim.plan.expand import plan_study
from latentdim.study.file import parse_study
from latentdim.study.lines import located
from latentdim.system.problems import InputError

STUDY = """title: Lines
protocol:
  training:
    steps: 5
    optimizer: {learning_rate: 1e-3}
metrics: [active]
grid:
  - datasets: [digits]
    methods: {vae: {}}
    dims: [2]
  - datasets: [digits]
    methods:
      vae: {}
    dims: [4, 2]
"""
NAMES = """title: Names
protocol:
  training:
    steps: 5
    optimizer: {learning_rate: 1e-3}
metrics: [active]
grid:
  - datasets: [digits]
    methods: {vae: {}}
    dims: [2]
  - datasets:
      - digits
      - mine
    methods: {vae: {}, wae_mmd: null}
    metrics: [{name: mig, axes: active}]
datasets: {mine:
  {kind: npy, path: x.npy}}
exhibits:
  - {kind: table, name: mig}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The study's file."""
    file = tmp_path / "lines.yaml"
    file.write_text(STUDY)
    return file


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        ("protocol.training.optimizer.learning_rate = -1: must be positive", 5),
        ("protocol.training.batch: unknown key", 3),  # isn't there: the line of its block
        ("grid.1.dims.1 = 2: twice", 14),
        ("grid.1: twice", 11),
        ("grid.1.methods.vae.beta: unknown key", 13),
        ("metrics.0 = 'active': no", 6),
    ],
)
def test_a_problem_stands_with_the_line_of_its_key(path: Path, problem: str, line: int) -> None:
    assert located(path, [problem]) == [f"line {line}: {problem}"]


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        ("dataset 'mine': no such folder", 16),
        ("dataset 'digits': isn't there", 8),  # no block of its own: the first entry that names it
        ("kind of dataset 'npy', prepare: can't be imported", 17),
        ("kind of dataset 'digits', prepare: can't be imported", 8),
        ("method 'vae': can't be imported", 9),
        ("method 'wae_mmd': measures what isn't here", 14),
        ("metric 'active': can't be imported", 6),
        ("metric 'mig': can't be imported", 15),
        ("exhibit 'table': can't be imported", 19),
    ],
)
def test_a_problem_of_something_that_the_file_names_stands_with_its_line(
    tmp_path: Path, problem: str, line: int
) -> None:
    file = tmp_path / "names.yaml"
    file.write_text(NAMES)
    assert located(file, [problem]) == [f"line {line}: {problem}"]


@pytest.mark.parametrize("problem", ["dataset 'other': isn't there", "seeds: unknown key", "no key at all"])
def test_a_problem_of_no_key_of_the_file_stays_as_it_is(path: Path, problem: str) -> None:
    assert located(path, [problem]) == [problem]


def test_a_run_that_is_asked_for_twice_is_told_with_both_places(path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        plan_study(str(path))
    (problem,) = refusal.value.problems
    assert problem.startswith("line 11: grid.1: the run digits/vae/L2/")
    assert problem.endswith("is asked for twice, in grid.0 (line 8) too; each must appear once")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 1e-3), ("1E5", 1e5), ("-2e-1", -0.2), ("3.e2", 300.0), ("e3", "e3"), ("1e", "1e"), ("'1e-3'", "1e-3")],
)
def test_numbers_with_an_exponent_are_numbers(tmp_path: Path, text: str, value: object) -> None:
    file = tmp_path / "number.yaml"
    file.write_text(f"value: {text}\n")
    assert parse_study(file) == {"value": value}


def test_a_study_given_by_its_file_alone_is_called_as_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "study.yaml").write_text(STUDY.replace("[4, 2]", "[4]"))
    monkeypatch.chdir(folder)
    assert plan_study("study.yaml").name == "mine"
