"""The long table: every run and metric has a row, with a value or with a reason."""

import csv
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from latentdim.outcomes.completeness import completeness
from latentdim.outcomes.groups import groups
from latentdim.outcomes.long_table import COLUMNS, long_table, read_long_table, write_long_table
from latentdim.outcomes.outcomes import outcomes
from latentdim.outcomes.published import PUBLISHED
from latentdim.records.folder import RunFolder
from latentdim.system.files import write_text
from latentdim.system.leases import lease

GRID = [{"datasets": ["synthetic_8"], "methods": {"wae_mmd": None}, "dims": [4, 8], "seeds": 2}]


def row_of(table, metric="frechet_distance", **wanted):
    """The one row with these values."""
    found = table[table["metric"] == metric]
    for name, value in wanted.items():
        found = found[found[name] == value]
    assert len(found) == 1
    return found.iloc[0]


def test_an_ok_run_has_its_value_to_the_last_digit(fabricated, run_at, tmp_path: Path) -> None:
    plan = fabricated.plan(grid=GRID)
    fabricated.finish(plan, run_at(plan, "wae_mmd", 8), {"frechet_distance": 0.1 + 0.2, "active": 8})
    table = long_table(plan)
    row = row_of(table, dim=8, seed=0)
    assert (row["value"], row["status"], row["reason"], row["n"]) == (0.30000000000000004, "ok", "", 10_000)
    assert (row["true_dim"], row["axes"], row["protocol"], row["study"]) == (8, "all", "tiny", "demo")
    write_long_table(table, tmp_path / "long.csv")
    with (tmp_path / "long.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert tuple(rows[0]) == COLUMNS
    assert "0.30000000000000004" in {item["value"] for item in rows}
    assert {item["value"] for item in rows if item["status"] == "missing"} == {""}


def test_names_that_look_like_nothing_come_back_from_the_file_as_they_are(fabricated, tmp_path: Path) -> None:
    datasets = {name: {"kind": "synthetic", "n": 8} for name in ("NA", "nan")}
    entry = {"datasets": ["NA", "nan"], "methods": {"vae": None}, "dims": [4]}
    changed = {"protocol": {"training": {"steps": 200}}}
    plan = fabricated.plan(datasets=datasets, grid=[entry | {"label": "NA"}, entry | changed | {"label": "null"}])
    fabricated.finish(plan, plan.runs[0], {"frechet_distance": 0.1 + 0.2, "active": 4})
    table = long_table(plan).assign(key="12e456789012")
    write_long_table(table, tmp_path / "long.csv")
    back = read_long_table(tmp_path / "long.csv")
    assert list(back["dataset"].unique()) == ["NA", "nan"]
    assert list(back["label"].unique()) == ["NA", "null"]
    as_readme_says = pd.read_csv(tmp_path / "long.csv", keep_default_na=False, na_values=[""])
    assert list(as_readme_says["label"].unique()) == ["NA", "null"]
    assert as_readme_says["value"].dtype == float
    pd.testing.assert_frame_equal(back, table, check_exact=True)


@pytest.mark.parametrize("file", sorted(PUBLISHED.glob("*.csv")), ids=lambda file: file.stem)
def test_published_tables_are_read_back_with_their_types(file: Path) -> None:
    table = read_long_table(file)
    assert (table.loc[table["status"] == "ok", "value"].notna()).all()
    assert table["dim"].dtype == "int64"
    assert table["true_dim"].dtype == "Int64"


def test_every_run_and_wanted_metric_has_one_row(fabricated) -> None:
    table = long_table(fabricated.plan(grid=GRID))
    assert len(table) == 2 * 2 * 2
    assert set(table["status"]) == {"missing"}
    assert set(table["reason"]) == {"not started"}
    assert table["value"].isna().all()


def test_the_networks_name_stands_in_each_row_of_a_method_that_uses_one(fabricated) -> None:
    conv = {"training": {"network": {"name": "ard_conv", "filters": [4, 4], "decoder_filters": [4]}}}
    common = {"datasets": ["digits"], "methods": {"vae": None, "pca": None}, "dims": [4]}
    plan = fabricated.plan(
        metrics=["active"], grid=[common, common | {"methods": {"vae": None}, "label": "conv", "protocol": conv}]
    )
    table = long_table(plan)
    assert dict(zip(table["label"], table["network"], strict=True)) == {"vae": "mlp", "pca": "", "conv": "ard_conv"}


def test_every_row_that_is_ok_has_a_value(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=GRID)
    fabricated.finish(plan, run_at(plan, "wae_mmd", 4), {"frechet_distance": "needs two samples", "active": 4})
    fabricated.finish(plan, run_at(plan, "wae_mmd", 8), {"active": 8})
    table = long_table(plan)
    assert table[table["status"] == "ok"]["value"].notna().all()
    assert row_of(table, dim=4, seed=0)["metric_reason"] == "needs two samples"
    missing = row_of(table, dim=8, seed=0)
    assert (missing["status"], missing["metric_reason"]) == ("missing", "trained, but not measured yet")


def test_a_metric_that_failed_or_is_not_finite_has_no_value(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=GRID)
    broken = {"status": "failed", "value": None, "reason": "ValueError: singular"}
    fabricated.finish(plan, run_at(plan, "wae_mmd", 4), {"frechet_distance": broken, "active": 4})
    folder = fabricated.finish(plan, run_at(plan, "wae_mmd", 8), {"frechet_distance": 1.0, "active": 8})
    file = next(folder.path.glob("metrics/frechet_distance*"))
    write_text(file, '{"status": "ok", "value": NaN, "n": 3}')
    table = long_table(plan)
    assert row_of(table, dim=4, seed=0)["metric_reason"] == "measuring failed: ValueError: singular"
    assert [row_of(table, dim=dim, seed=0)["status"] for dim in (4, 8)] == ["failed", "failed"]
    assert table[(table["seed"] == 0) & (table["metric"] == "frechet_distance")]["value"].isna().all()


def test_collapsed_runs_keep_their_number_and_diverged_ones_have_none(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=GRID)
    why = "the method's own count is 0"
    fabricated.finish(plan, run_at(plan, "wae_mmd", 4), {"frechet_distance": 40.0}, status="collapsed", reason=why)
    fabricated.finish(plan, run_at(plan, "wae_mmd", 8), {}, status="diverged", reason="the loss is NaN at step 3")
    table = long_table(plan)
    collapsed, diverged = row_of(table, dim=4, seed=0), row_of(table, dim=8, seed=0)
    assert (collapsed["value"], collapsed["status"], collapsed["reason"]) == (40.0, "collapsed", why)
    assert np.isnan(diverged["value"])
    assert (diverged["status"], diverged["reason"]) == ("diverged", "the loss is NaN at step 3")


def test_a_killed_run_is_told_from_one_that_never_started(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=GRID)
    fabricated.killed(plan, run_at(plan, "wae_mmd", 8), minutes=9.5, limit=10)
    row = row_of(long_table(plan), dim=8, seed=0)
    assert (row["status"], row["reason"]) == ("timed_out", "killed after 10 of 10 minutes on node7")


def test_a_changed_runner_marks_its_values_stale_and_keeps_them(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=GRID)
    old = {"fingerprint": "0" * 12}
    fabricated.finish(plan, run_at(plan, "wae_mmd", 8), {"frechet_distance": 1.5, "active": 8}, source=old)
    row = row_of(long_table(plan), dim=8, seed=0)
    assert (row["status"], row["value"]) == ("stale", 1.5)
    assert "code has changed" in row["reason"]


def test_changed_data_mark_a_run_stale(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=GRID)
    fabricated.finish(plan, run_at(plan, "wae_mmd", 8), {"frechet_distance": 1.5, "active": 8})
    fabricated.prepared(plan, "synthetic_8")
    assert row_of(long_table(plan), dim=8, seed=0)["status"] == "ok"
    fabricated.prepared(plan, "synthetic_8", digest="e2" * 32)
    row = row_of(long_table(plan), dim=8, seed=0)
    assert (row["status"], row["reason"]) == ("stale", "the data have changed since")


def test_refused_data_fail_their_runs_with_the_sentence_and_no_others(fabricated, run_at) -> None:
    grid = [{"datasets": ["synthetic_8", "synthetic_4"], "methods": {"pca": None}, "dims": [4]}]
    plan = fabricated.plan(grid=grid)
    fabricated.finish(plan, run_at(plan, "pca", 4), {"frechet_distance": 2.0, "active": 4})
    fabricated.refused(plan, "synthetic_4", "the array 'train' holds NaN or infinity")
    table = long_table(plan)
    refused = row_of(table, dataset="synthetic_4")
    assert refused["status"] == "failed"
    assert refused["reason"] == "data refused: the array 'train' holds NaN or infinity"
    assert row_of(table, dataset="synthetic_8")["status"] == "ok"


def test_data_that_could_not_be_downloaded_are_missing_with_what_to_supply(fabricated) -> None:
    plan = fabricated.plan(grid=[{"datasets": ["synthetic_4"], "methods": {"pca": None}, "dims": [4]}])
    reason = "Four couldn't be downloaded (no route to host); put 'four.npz' into 'data'"
    fabricated.refused(plan, "synthetic_4", reason, absent=True)
    row = row_of(long_table(plan))
    assert (row["status"], row["reason"]) == ("missing", reason)


def test_data_out_of_the_decoders_reach_fail_their_runs_whatever_was_recorded(fabricated, run_at) -> None:
    training = {"network": {"name": "mlp", "hidden": [16], "output": "sigmoid"}}
    grid = [
        {"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [4], "protocol": {"training": training}},
        {"datasets": ["synthetic_8"], "methods": {"pca": None}, "dims": [4]},
    ]
    plan = fabricated.plan(grid=grid)
    for run in plan.runs:
        fabricated.finish(plan, run, {"frechet_distance": 2.0, "active": 4})
    fabricated.prepared(plan, "synthetic_8", range=[0.0, 1.0])
    assert set(long_table(plan)["status"]) == {"ok"}
    fabricated.prepared(plan, "synthetic_8", range=[-3.0, 2.0])
    table = long_table(plan)
    row = row_of(table, method="vae")
    assert (row["status"], row["reason"]) == (
        "failed",
        "data refused: the values of 'synthetic_8' go from -3 to 2, but network.output 'sigmoid' reaches only 0 … 1; "
        "use network.output 'linear', or rescale the data",
    )
    assert table[table["method"] == "vae"]["value"].isna().all()
    assert row_of(table, method="pca")["status"] == "ok"


def test_where_data_are_looked_for_is_told_without_this_machines_folder(fabricated, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDIM_OFFLINE", "1")
    monkeypatch.setenv("LATENTDIM_DATA", str(tmp_path))
    grid = [{"datasets": ["mnist"], "methods": {"pca": {}}, "dims": [2]}]
    (reason,) = set(long_table(fabricated.plan(metrics=["active"], grid=grid))["reason"])
    assert "MNIST isn't in the folder of LATENTDIM_DATA or 'data'" in reason
    assert str(tmp_path) not in reason


def test_footnotes_of_absent_data_leave_out_what_to_put_where(fabricated, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDIM_OFFLINE", "1")
    monkeypatch.delenv("LATENTDIM_DATA", raising=False)
    grid = [{"datasets": ["mnist"], "methods": {"pca": {}}, "dims": [2]}]
    ended = outcomes(fabricated.plan(metrics=["active"], grid=grid))
    (trouble,) = (trouble for group in groups(ended) for trouble in group.troubles)
    assert trouble.reason == "LATENTDIM_OFFLINE is set, and MNIST isn't in 'data' (LATENTDIM_DATA may name its folder)"
    (shared,) = completeness(ended).reasons
    assert f"{trouble.reason}: put 'train-images-idx3-ubyte' (" in shared.text  # once in a report


def test_absent_data_are_missing_with_what_to_supply(fabricated, tmp_path: Path) -> None:
    absent = {"mine": {"kind": "image_folder", "path": str(tmp_path / "nowhere")}}
    grid = [{"datasets": ["mine"], "methods": {"pca": None}, "dims": [4]}]
    table = long_table(fabricated.plan(datasets=absent, metrics=["active"], grid=grid))
    row = row_of(table, metric="active")
    assert row["status"] == "missing"
    assert "nowhere" in row["reason"]


def test_a_running_run_is_missing_and_says_that_it_runs(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=GRID)
    with lease(RunFolder(plan.folder(run_at(plan, "wae_mmd", 8))).lease):
        row = row_of(long_table(plan), dim=8, seed=0)
    assert (row["status"], row["reason"]) == ("missing", "running now")


def test_a_finished_run_that_is_being_measured_keeps_its_values(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=GRID)
    folder = fabricated.finish(plan, run_at(plan, "wae_mmd", 8), {"frechet_distance": 1.5})
    with lease(folder.lease):
        table = long_table(plan)
    assert row_of(table, dim=8, seed=0)["value"] == 1.5
    assert row_of(table, metric="active", dim=8, seed=0)["status"] == "missing"


def test_a_record_that_cannot_be_read_costs_its_run_and_not_the_table(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=GRID)
    write_text(RunFolder(plan.folder(run_at(plan, "wae_mmd", 4))).record, '{"status": "splendid"}')
    fabricated.finish(plan, run_at(plan, "wae_mmd", 8), {"frechet_distance": 1.5, "active": 8})
    table = long_table(plan)
    row = row_of(table, dim=4, seed=0)
    assert row["status"] == "failed"
    assert "record.json isn't as it was written: status = 'splendid'" in row["reason"]
    assert row_of(table, dim=8, seed=0)["value"] == 1.5


def test_reading_leaves_the_results_as_they_are(fabricated) -> None:
    plan = fabricated.plan(grid=GRID)
    long_table(plan)
    assert not os.path.lexists(plan.results)
