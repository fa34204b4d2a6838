"""The JSON Schema of study files takes what `check` takes, and finds misspelt keys."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from latentdim.cli.main import main
from latentdim.study.example import EXAMPLE
from latentdim.study.file import parse_study
from latentdim.study.naming import study_names, study_path
from latentdim.study.schema import study_schema

VALIDATOR = Draft202012Validator(study_schema())


@pytest.mark.parametrize("name", study_names())
def test_every_study_here_is_taken(name: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(parse_study(study_path(name)))] == []


def change(study: dict[str, Any], *place: Any) -> dict[str, Any]:
    """A copy of a study with one value replaced, the last of ``place``."""
    *keys, last, value = place
    changed = here = copy.deepcopy(study)
    for key in keys:
        here = here[key]
    here[last] = value
    return changed


@pytest.mark.parametrize(
    "place",
    [
        ("titel", "x"),
        ("protocol", "training", "batchsize", 4),
        ("protocol", "training", "network", "hiden", [4]),
        ("protocol", "evaluation", "split", "tset"),
        ("metrics", ["activ"]),
        ("grid", 0, "methods", {"vea": {}}),
        ("grid", 0, "methods", {"vae": {"beat": 1.0}}),
        ("grid", 0, "methods", {"vae": {"beta": {"sweep": []}}}),
        ("grid", 0, "dims", ["8"]),
        ("exhibits", 0, "kind", "curv"),
        ("exhibits", 0, "options", "lef", {}),
        ("datasets", {"mine": {"kind": "image_folder"}}),
    ],
    ids=str,
)
def test_a_mistake_is_found(place: tuple[Any, ...], tmp_path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(EXAMPLE.format(title="A study"))
    study = parse_study(file)
    assert VALIDATOR.is_valid(study)
    assert not VALIDATOR.is_valid(change(study, *place))


def test_the_command_prints_it(capsys) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == study_schema()
