"""`latentdim compare`: settings that differ and values side by side."""

from __future__ import annotations

import yaml

from latentdim.cli.main import main

GRID = [{"datasets": ["synthetic_8"], "methods": {"vae": {"beta": 1.0}, "pca": {}}, "dims": [2], "seeds": 2}]


def test_two_studies_are_told_row_by_row(fabricated, tmp_path, capsys) -> None:
    plan = fabricated.plan(grid=GRID)
    for run in plan.runs:
        fabricated.finish(plan, run, {"active": 2.0 + run.seed})
    content = yaml.safe_load(plan.path.read_text())
    content["grid"] = [content["grid"][0] | {"methods": {"vae": {"beta": 2.0}, "constant": {}}}]
    other = tmp_path / "other.yaml"
    other.write_text(yaml.safe_dump(content))
    assert main(["compare", str(plan.path), str(other), "--results", str(plan.results)]) == 0
    lines = capsys.readouterr().out.splitlines()
    start, middle = lines.index("settings that differ"), lines.index("values: A, B, B − A")
    assert lines[start + 1 : middle] == [
        "  only in A: synthetic_8 pca", "  only in B: synthetic_8 constant",
        "  synthetic_8 vae  config.beta: 1.0 | 2.0",
    ]  # fmt: skip
    assert [line.split() for line in lines[middle + 1 :]] == [
        ["synthetic_8", method, "L=2", "active", "2.5", "(n", "=", "2)", "—"] for method in ("vae", "pca")
    ]


def test_two_runs_are_told_with_what_changed(fabricated, capsys) -> None:
    plan = fabricated.plan(grid=GRID)
    folders = []
    for run, value in zip(plan.runs[:2], (0.5, 0.75), strict=True):
        folders.append(str(fabricated.finish(plan, run, {}).path))
        fabricated.measure(plan, run, "active", {"metric": "active", "axes": None, "value": value})
    assert main(["compare", *folders]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2:5] == ["settings that differ", "  run  run.seed: 0 | 1", "values: A, B, B − A"]
    assert lines[5].split()[0] == "active"
    assert lines[5].split()[-1] == "+0.25"
    assert main(["compare", folders[0], folders[0]]) == 0
    assert "settings that differ\n  none\n" in capsys.readouterr().out


def test_a_run_and_a_study_are_refused(fabricated, capsys) -> None:
    plan = fabricated.plan(grid=GRID)
    folder = fabricated.finish(plan, plan.runs[0], {}).path
    assert main(["compare", str(folder), str(plan.path)]) == 2
    assert "name two runs by their folders, or two studies" in capsys.readouterr().err
