"""Which datasets others stand in for, and what of a study then names those."""

from __future__ import annotations

import json
from typing import Any

import pytest

from latentdim.study.file import Study
from latentdim.study.stand_ins import stand_ins_of, with_stand_ins

STUDY: dict[str, Any] = {
    "title": "Factors",
    "datasets": {
        "dsprites_few": {"kind": "dsprites", "test_fraction": 0.5, "path": "somewhere"},
        "mine": {"kind": "shapes3d"},
        "unused": {"kind": "no_such_kind"},
    },
    "protocol": {"training": {"steps": 5}},
    "metrics": ["mig"],
    "grid": [
        {"datasets": ["dsprites", "digits", "dsprites_rendered"], "methods": {"vae": {}}, "dims": [2]},
        {"datasets": ["dsprites_few", "mine"], "methods": {"vae": {}}, "dims": [2]},
    ],
    "exhibits": [
        {
            "kind": "results",
            "name": "results",
            "options": {"datasets": ["dsprites", "digits"], "x": {"dataset": "mine"}},
        }
    ],
}
NAMES = {
    "dsprites": "dsprites_rendered",
    "dsprites_few": "dsprites_rendered_few",
    "mine": "mine_shapes3d_rendered",
}


@pytest.fixture
def study() -> Study:
    """A study with two sets under their own names and two declared ones."""
    return Study.model_validate_json(json.dumps(STUDY))


def test_published_sets_that_are_drawn_here_have_a_stand_in(study: Study) -> None:
    assert stand_ins_of(study) == NAMES


def test_they_never_have_the_real_name(study: Study) -> None:
    changed = with_stand_ins(study, NAMES)
    assert [entry.datasets for entry in changed.grid] == [
        ("dsprites_rendered", "digits"),  # named once, though the study has it as well
        ("dsprites_rendered_few", "mine_shapes3d_rendered"),
    ]
    assert not set(changed.datasets) & set(NAMES)
    assert changed.exhibits[0].options == {
        "datasets": ["dsprites_rendered", "digits"], "x": {"dataset": "mine_shapes3d_rendered"},
    }  # fmt: skip


def test_a_stand_in_takes_the_options_that_it_has_too(study: Study) -> None:
    datasets = with_stand_ins(study, NAMES).datasets
    assert datasets["dsprites_rendered_few"] == {"kind": "dsprites_rendered", "test_fraction": 0.5}
    assert datasets["mine_shapes3d_rendered"] == {"kind": "shapes3d_rendered"}
    assert datasets["unused"] == STUDY["datasets"]["unused"]
