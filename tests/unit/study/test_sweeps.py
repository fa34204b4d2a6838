"""Sweeps: which settings one grid entry stands for, and their labels."""

from __future__ import annotations

from pathlib import Path

import yaml

from latentdim.cli.main import main
from latentdim.plan.expand import plan_study
from latentdim.study.sweeps import variants


def test_several_sweeps_make_all_combinations_the_last_one_fastest() -> None:
    given = {"beta": {"sweep": [0.1, 1]}, "other": 5, "inner": {"scales": {"sweep": [[1, 2], [3]]}, "on": True}}
    made, problems = variants(given, "grid.0.methods.x")
    assert problems == []
    assert [(one.settings, one.label("x")) for one in made] == [
        ({"beta": 0.1, "other": 5, "inner": {"scales": [1, 2], "on": True}}, "x beta=0.1 inner.scales=1-2"),
        ({"beta": 0.1, "other": 5, "inner": {"scales": [3], "on": True}}, "x beta=0.1 inner.scales=3"),
        ({"beta": 1, "other": 5, "inner": {"scales": [1, 2], "on": True}}, "x beta=1 inner.scales=1-2"),
        ({"beta": 1, "other": 5, "inner": {"scales": [3], "on": True}}, "x beta=1 inner.scales=3"),
    ]


def test_settings_without_a_sweep_are_one_variant_under_the_stem() -> None:
    (only,), problems = variants({"beta": 2.0}, "x")
    assert (only.settings, only.label("vae"), problems) == ({"beta": 2.0}, "vae", [])


def test_different_values_never_share_a_label() -> None:
    values = [1.0, 0.1, 0.1000000001, 1e-7, 1234567.5, 1234568, True, None, "mean"]
    labels = [one.label("m") for one in variants({"a": {"sweep": values}}, "x")[0]]
    assert labels == ["m a=1", "m a=0.1", "m a=0.1000000001", "m a=1e-07", "m a=1234567.5", "m a=1234568", "m a=true",
                      "m a=null", "m a=mean"]  # fmt: skip


def test_a_sweep_is_the_same_runs_as_an_entry_a_value(fabricated) -> None:
    entry = {"datasets": ["synthetic_8"], "dims": [2, 4], "seeds": 2}
    swept = fabricated.plan(grid=[entry | {"methods": {"vae": {"beta": {"sweep": [0.5, 2]}}}, "label": "VAE"}])
    apart = fabricated.plan(
        grid=[entry | {"methods": {"vae": {"beta": value}}, "label": f"VAE beta={value:g}"} for value in (0.5, 2.0)]
    )
    assert [(run.path, run.title) for run in swept.runs] == [(run.path, run.title) for run in apart.runs]
    assert {cell.stem for cell in swept.cells} == {"VAE"}
    assert [cell.stem for cell in apart.cells] == ["VAE beta=0.5", "VAE beta=2"]


def test_a_mistake_in_a_sweep_stands_with_the_line_of_its_value(tmp_path: Path, capsys) -> None:
    file = tmp_path / "study.yaml"
    study = {"title": "A", "protocol": {"training": {"steps": 5}}, "metrics": ["active"], "grid": [
        {"datasets": ["digits"], "dims": [2], "methods": {"vae": {"beta": {"sweep": [1.0, 2.0, -3.0]}}}}]}  # fmt: skip
    file.write_text(yaml.safe_dump(study, sort_keys=False, default_flow_style=False))
    assert main(["check", str(file)]) == 2
    line = 1 + file.read_text().splitlines().index(next(x for x in file.read_text().splitlines() if "-3.0" in x))
    assert f"line {line}: grid.0.methods.vae.beta.sweep.2 = -3.0: should be greater than" in capsys.readouterr().err


def test_the_study_of_weights_tries_seven_values_of_three_cells() -> None:
    plan = plan_study("weights")
    tried = {(cell.dataset.name, cell.stem) for cell in plan.cells}
    assert tried == {("synthetic_8", "ard_vae"), ("digits", "vae"), ("digits", "ard_vae")}
    assert len(plan.runs) == len({run.path for run in plan.runs}) == 21
