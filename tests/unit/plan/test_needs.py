"""Methods that go through Inception while they are trained, where its weights aren't here."""

from __future__ import annotations

from pathlib import Path

import pytest

from latentdim.outcomes.outcomes import outcomes
from latentdim.plan.inception_place import NAME, VARIABLE
from latentdim.plan.preflight import GO_ON, refuse_hopeless
from latentdim.records.status import Kind, Status
from latentdim.system.problems import InputError

GRID = [
    {"datasets": ["digits"], "methods": {"ald_vae": {}, "vae": {}}, "dims": [8]},
    {
        "datasets": ["digits"],
        "methods": {"ald_vae": {"stop_features": "pixels_pca"}},
        "label": "by",
        "dims": [8],
    },
]
PROTOCOL = {"training": {"epochs": 2, "batch_size": 16, "n_validation": 100}}


@pytest.fixture(autouse=True)
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Inception's weights."""
    for variable in (VARIABLE, "LATENTDIM_DATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def test_their_runs_are_left_out_and_the_others_stand(fabricated) -> None:
    plan = fabricated.plan(grid=GRID, protocol=PROTOCOL, metrics=["active"])
    (sentence,) = plan.left_out
    assert sentence.startswith("method 'ald_vae': measures 'fid_reconstruction' while it is trained, but Inception's")
    (pack,) = plan.packs.values()
    assert [run.cell.label.partition(" ")[0] for run in pack.runs] == ["vae", "by"]
    first, *others = outcomes(plan)
    assert first.reason is not None
    assert (first.status, first.reason.kind, first.reason.detail) == (Status.MISSING, Kind.WEIGHTS_ABSENT, sentence)
    assert {other.reason.kind for other in others if other.reason} == {Kind.NOT_STARTED}


def test_a_study_that_is_named_is_refused_with_the_way_to_go_on(fabricated) -> None:
    plan = fabricated.plan(grid=GRID, protocol=PROTOCOL, metrics=["active"])
    refuse_hopeless(plan, absent_too=False)
    with pytest.raises(InputError) as refusal:
        refuse_hopeless(plan)
    assert refusal.value.text().endswith(GO_ON)
    alone = fabricated.plan(grid=[GRID[0] | {"methods": {"ald_vae": {}}}], protocol=PROTOCOL, metrics=["active"])
    with pytest.raises(InputError) as refusal:
        refuse_hopeless(alone)
    assert GO_ON not in refusal.value.text()  # nothing is left to run


def test_nothing_is_left_out_once_the_weights_are_here(
    fabricated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).touch()
    monkeypatch.setenv("LATENTDIM_DATA", str(tmp_path))
    plan = fabricated.plan(grid=GRID, protocol=PROTOCOL, metrics=["active"])
    assert plan.left_out == []
    assert sum(len(pack.runs) for pack in plan.packs.values()) == len(plan.runs) == 3
