"""Runs of commit 009b16d carried over: which, whole or not at all, and why the others stay behind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file, save_file

from latentdim.cli.main import main
from latentdim.outcomes.outcomes import outcomes
from latentdim.plan.expand import plan_study
from latentdim.plan.plan import Plan
from latentdim.records import former, migrate
from latentdim.records.folder import RunFolder
from latentdim.records.status import Status
from latentdim.system.files import read_json, write_json

STUDY: dict[str, Any] = {
    "title": "Old results",
    "protocol": {"training": {"steps": 2, "batch_size": 16}},
    "metrics": ["mse_per_pixel", "active", "silhouette"],
    "grid": [{"datasets": ["digits"], "methods": {"pca": {}, "constant": {}, "vae": {}}, "dims": [4]}],
}
# Folders that commit 009b16d itself made of the study `controls`.
MADE = {
    "runs/digits/pca/L16/b1fc5ea7c68a/seed0",
    "runs/dsprites_rendered_small/constant/L10/89b1fde9711b/seed0",
    "runs/synthetic_8/oracle/L8/a40ea8e504b9/seed0",
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study's results, made now."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY))
    assert main(["run", str(folder / "study.yaml"), "--results", str(folder / "results"), "--no-report"]) == 0
    return folder


@pytest.fixture
def planned(finished: Path, tmp_path: Path) -> Plan:
    """The study's plan over a results folder of the test's own."""
    return plan_study(str(finished / "study.yaml"), results=tmp_path / "new")


def as_then(tensors: dict[str, Any]) -> dict[str, Any]:
    """Weights under the names of commit 009b16d: ``prior`` was no object."""
    names = {"inactive_value": "rest", "prior.variance": "variance"}
    found = {names.get(name, name): value for name, value in tensors.items() if name != "prior.mean"}
    if "components" not in found:  # the constant had no variances
        found.pop("variance", None)
    return found


@pytest.fixture
def old(finished: Path, planned: Plan, tmp_path: Path) -> Path:
    """The finished results as commit 009b16d would have named and written them."""
    folder = tmp_path / "old"
    for run in planned.runs:
        source = finished / "results" / run.path
        path = former.run_path(run) if run.cell.method.name in former.METHODS else run.path
        target = RunFolder(folder / path)
        shutil.copytree(source, target.path)
        save_file(as_then(load_file(target.model)), target.model)
        record = read_json(target.record) or {}
        del record["declared"], record["late_improvement"]
        record |= {"schema": 1, "run": record["run"] | {"key": target.path.parent.name}}
        record["source"] = {"fingerprint": former.METHODS.get(run.cell.method.name, "")}
        write_json(target.record, record)
        for number, file in enumerate(target.path.glob("metrics/*.json")):
            content = read_json(file) or {}
            write_json(file, content | {"evaluation": content["evaluation"] | {"inactive": "rest"}})
            file.rename(file.with_name(f"{file.name.partition('-')[0]}-v1-{number:08d}.json"))
    (spec,) = planned.datasets.values()
    shutil.copytree(spec.folder(finished / "results"), former.data_folder(spec, folder))
    return folder


def carried(planned: Plan, old: Path, **options: Any) -> migrate.Migration:
    migration = migrate.Migration(old, planned.results, (planned,), **options)
    migration.migrate()
    return migration


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_old_rule_finds_the_folders_that_the_old_commit_made() -> None:
    runs = [run for run in plan_study("controls").runs if former.same_method(run.cell.method)]
    assert {former.run_path(run) for run in runs} >= MADE
    assert former.data_key(plan_study("controls").datasets["digits"]) == "a307cc7843a1"


def test_what_is_carried_is_what_would_be_made_now(planned: Plan, old: Path, finished: Path) -> None:
    migration = carried(planned, old)
    assert len(migration.carried) == 2
    for run in planned.runs:
        here, made = RunFolder(planned.results / run.path), RunFolder(finished / "results" / run.path)
        if run.cell.method.name == "vae":
            assert not here.path.exists()
            continue
        assert {name: value.tolist() for name, value in load_file(here.model).items()} == {
            name: value.tolist() for name, value in load_file(made.model).items()
        }
        for requested in run.cell.metrics:
            assert read_json(here.metric(requested.file)) == read_json(made.metric(requested.file))
        record, expected = read_json(here.record) or {}, read_json(made.record) or {}
        assert record.pop("notes") == [*expected.pop("notes"), migrate.NOTE]
        assert record == expected


def test_the_oracles_prior_gets_a_row_for_each_axis() -> None:
    root = np.arange(4, dtype=np.float32).reshape(2, 2)
    found = former.renamed("oracle", {"rest": np.zeros(3, np.float32), "prior_root": root, "mean": np.ones(2)})
    assert set(found) == {"inactive_value", "prior.root", "mean"}
    assert found["prior.root"].tolist() == [[0.0, 1.0], [2.0, 3.0], [0.0, 0.0]]


def test_no_carried_cell_is_stale_and_bringing_it_up_to_date_trains_nothing(planned: Plan, old: Path) -> None:
    carried(planned, old)
    found = {outcome.run.cell.label: outcome for outcome in outcomes(planned)}
    assert {name: outcome.status for name, outcome in found.items()} == {
        "pca": Status.OK, "constant": Status.COLLAPSED, "vae": Status.MISSING
    }  # fmt: skip
    assert found["pca"].settled
    assert not found["pca"].unmeasured
    (spec,) = planned.datasets.values()
    assert (spec.folder(planned.results) / "train.npy").samefile(former.data_folder(spec, old) / "train.npy")
    weights = {
        outcome.run.path: (planned.results / outcome.run.path / "model.safetensors") for outcome in found.values()
    }
    before = {path: file.read_bytes() for path, file in weights.items() if file.exists()}
    assert main(["run", str(planned.path), "--results", str(planned.results), "--no-report"]) == 0
    assert {path: weights[path].read_bytes() for path in before} == before
    assert all(outcome.done for outcome in outcomes(planned))


def test_old_results_stay_as_they_are_and_it_can_be_repeated(planned: Plan, old: Path) -> None:
    before = listing(old)
    carried(planned, old)
    after = listing(planned.results)
    again = carried(planned, old)
    assert (again.carried, len(again.present)) == ([], 2)
    assert listing(old) == before
    assert listing(planned.results) == after


def test_a_dry_run_writes_nothing_and_tells_the_same(planned: Plan, old: Path) -> None:
    dry = carried(planned, old, dry=True)
    assert not planned.results.exists()
    real = carried(planned, old)
    assert (dry.carried, dry.left, dry.values, dry.values_left) == (
        real.carried, real.left, real.values, real.values_left
    )  # fmt: skip


def test_old_and_new_may_lie_in_one_folder(finished: Path, old: Path) -> None:
    planned = plan_study(str(finished / "study.yaml"), results=old)
    assert len(carried(planned, old).carried) == 2
    again = carried(planned, old)
    assert (again.carried, len(again.present)) == ([], 2)


def test_killed_half_way_a_run_is_not_there_and_is_carried_next_time(
    planned: Plan, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(migrate, "write_record", killed)
        with pytest.raises(KeyboardInterrupt):
            carried(planned, old)
    assert not any((planned.results / run.path).exists() for run in planned.runs)
    assert len(carried(planned, old).carried) == 2
    assert not list(planned.results.rglob("*.migrating"))


def change_record(change: dict[str, Any]) -> Callable[[RunFolder], None]:
    return lambda folder: write_json(folder.record, (read_json(folder.record) or {}) | change)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (change_record({"source": {"fingerprint": "0" * 12}}), "made by other code than that of commit 009b16d"),
        (change_record({"status": "failed", "reason": "a bug"}), "they didn't end with a result"),
        (change_record({"host": "?"}), "their records can't be read"),
        (lambda folder: folder.record.write_text("{"), "their records can't be read"),
        (
            lambda folder: folder.path.parent.rename(folder.path.parents[1] / "0123456789ab"),
            "with settings that none of the studies asks for; name a study that does",
        ),
    ],
)
def test_what_does_not_stand_is_left_with_the_reason(
    planned: Plan, old: Path, change: Callable[[RunFolder], object], reason: str
) -> None:
    run = next(run for run in planned.runs if run.cell.method.name == "pca")
    change(RunFolder(old / former.run_path(run)))
    migration = carried(planned, old)
    (path,) = migration.left[reason]
    assert path.startswith("runs/digits/pca/L4/")
    assert len(migration.carried) == 1


def test_data_that_are_others_here_keep_a_run_back(planned: Plan, old: Path) -> None:
    (spec,) = planned.datasets.values()
    here = spec.folder(planned.results)
    shutil.copytree(former.data_folder(spec, old), here)
    write_json(here / "data.json", (read_json(here / "data.json") or {}) | {"digest": "0" * 64})
    assert len(carried(planned, old).left["the data that are prepared here are others"]) == 2


def test_a_metric_of_another_version_stays_behind(planned: Plan, old: Path) -> None:
    run = next(run for run in planned.runs if run.cell.method.name == "pca")
    (file,) = (old / former.run_path(run)).glob("metrics/active-*")
    write_json(file, (read_json(file) or {}) | {"version": 0})
    migration = carried(planned, old)
    assert migration.values_left == {"active": 1}
    assert migration.values["active"] == 1


def test_the_command_tells_group_by_group(
    finished: Path, planned: Plan, old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["migrate", str(finished / "study.yaml"), "--from", str(old), "--results", str(planned.results)]
    assert main([*given, "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "would be carried  2 runs: constant, pca on digits\n" in told
    assert "left  1 run: vae on digits: random numbers may have gone into them" in told
    assert main(given) == 0
    assert "carried  2 runs: constant, pca on digits\n" in capsys.readouterr().out
    assert main([*given[:3], str(old / "nowhere"), *given[4:]]) == 2
    assert "there is no folder 'runs' in it" in capsys.readouterr().err


def test_the_old_layout_of_a_record_is_the_one_that_the_old_commit_wrote(planned: Plan, old: Path) -> None:
    run = planned.runs[0]
    record = json.loads((old / former.run_path(run) / "record.json").read_text())
    assert set(record) == {
        "schema", "status", "reason", "run", "active", "timing", "config", "training", "n_parameters", "data", "source",
        "versions", "host", "device", "usage", "notes",
    }  # fmt: skip
