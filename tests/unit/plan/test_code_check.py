"""``check`` imports the functions that a study names, and tells what isn't there; planning imports none of them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from latentdim import registry
from latentdim.plan.code_check import checked_code, functions_of
from latentdim.plan.expand import plan_study
from latentdim.system.problems import InputError

WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
from latentdim.cli.main import main
sys.exit(main(["check", sys.argv[1], "--results", sys.argv[2]]))
"""


def test_every_function_that_a_study_names_is_looked_at(sound_study: Path, tmp_path: Path) -> None:
    plan = plan_study(str(sound_study), results=tmp_path)
    assert set(functions_of(plan)) == {"method 'vae'", "metric 'mse_per_pixel'", "kind of dataset 'digits', prepare"}
    assert checked_code(plan) == []


@pytest.mark.parametrize(
    ("register", "name", "part"),
    [
        (registry.methods, "vae", "runner"),
        (registry.metrics, "mse_per_pixel", "function"),
        (registry.datasets, "digits", "prepare"),
        (registry.exhibits, "results", "draw"),
    ],
)
def test_a_function_of_any_kind_that_isnt_there_is_told(
    fabricated: Any, monkeypatch: pytest.MonkeyPatch, register: Callable[[], Any], name: str, part: str
) -> None:
    declarations = register().declarations
    path = getattr(declarations[name], part)
    module = path.partition(":")[0]
    monkeypatch.setitem(declarations, name, replace(declarations[name], **{part: f"{module}:no_such_function"}))
    plan = fabricated.plan(
        grid=[{"datasets": ["digits"], "methods": {"vae": None}, "dims": [2]}], metrics=["mse_per_pixel"],
        exhibits=[{"kind": "results", "name": "table"}],
    )  # fmt: skip
    with pytest.raises(InputError) as refusal:
        checked_code(plan)
    (problem,) = refusal.value.problems
    assert re.match(rf"line \d+: [a-z ]+ '{name}'", problem)
    assert f"'{module}:no_such_function': {module} has no function 'no_such_function'" in problem


@pytest.mark.parametrize("part", ["inspect", "compatibility"])
def test_what_planning_asks_for_is_a_sentence_too(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, part: str
) -> None:
    (tmp_path / "asked.py").write_text("def ask(*given):\n    return given[99]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    declarations = (registry.datasets() if part == "inspect" else registry.methods()).declarations
    name = "digits" if part == "inspect" else "vae"
    for path, sentence in (("asked:ask", "asked.py, line 2)"), ("asked:tell", "asked has no function 'tell'")):
        monkeypatch.setitem(declarations, name, replace(declarations[name], **{part: path}))  # type: ignore[arg-type]
        assert sentence in refused({}, "plan")
    sys.modules.pop("asked", None)


def test_without_torch_the_code_isnt_looked_at_and_a_line_says_so(sound_study: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_TORCH, str(sound_study), str(tmp_path)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "note: torch isn't installed here, so these weren't imported: method 'vae'" in checked.stdout
