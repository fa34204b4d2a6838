"""`latentdim new-study` writes a study that passes as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from latentdim.cli.main import main
from latentdim.plan.expand import plan_study


def test_what_it_writes_passes_check(tmp_path: Path, capsys) -> None:
    assert main(["new-study", "my_question", "--into", str(tmp_path)]) == 0
    path = tmp_path / "my_question" / "study.yaml"
    assert capsys.readouterr().out.splitlines()[0] == str(path)
    assert main(["check", str(path), "--results", str(tmp_path / "results")]) == 0
    plan = plan_study(str(path.parent))
    assert (plan.name, plan.study.title, len(plan.runs)) == ("my_question", "My question", 19)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("All", "lower-case letters"),
        ("all", "lower-case letters"),
        ("a/b", "lower-case"),
        ("taken", "of that name already"),
    ],
)
def test_a_name_that_cannot_be_a_studys_is_refused(tmp_path: Path, capsys, name: str, problem: str) -> None:
    (tmp_path / "taken").mkdir()
    assert main(["new-study", name, "--into", str(tmp_path)]) == 2
    assert problem in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, capsys) -> None:
    assert main(["new-study", "mine", "--into", str(tmp_path / "nowhere")]) == 2
    assert "there is no such folder" in capsys.readouterr().err
