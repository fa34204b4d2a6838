"""Claims about costs: one training against the many of a search or a grid."""

import pytest

TIMING = {"started": 1.8e9, "train_seconds": 12.5, "total_seconds": 15.0, "steps": 300}
ALONE = {
    "shared_by": 1, "peak_memory_mb": 1.0, "memory_before_mb": 1.0, "memory_since": "training", "energy_joules": None,
}  # fmt: skip
VAE = {dim: [2.0, 2.1] for dim in (2, 4, 8, 16)}


@pytest.mark.parametrize(("times", "end"), [(3.0, "holds"), (3.9, "undecided"), (5.0, "fails")])
def test_seconds_of_all_sizes_are_weighed(planned, rows, times, end) -> None:
    """Each training took 12.5 s: 50 s of four sizes against one."""
    plan = planned({"ard": {16: [1.0, 1.0]}, "vae": VAE})
    check = {"kind": "cheaper", "datasets": ["synthetic_8"], "first": {"label": "ard"}, "than": {"label": "vae"}}
    assert [str(row.end) for row in rows(plan, check | {"times": times})] == [end]


def test_trainings_are_counted_for_one_seed(planned, rows) -> None:
    plan = planned({"ard": {16: [1.0, 1.0]}, "vae": VAE})
    check = {"kind": "cheaper", "datasets": ["synthetic_8"], "unit": "trainings", "first": {"label": "ard"}}
    (row,) = rows(plan, check | {"than": {"label": "vae"}, "times": 4})
    assert (str(row.end), row.says) == ("holds", "ard 1 training, vae 4 trainings: 4 times; claimed: at least 4 times")
    (row,) = rows(plan, check | {"than": {"label": "vae", "dims": [2, 4]}, "times": 4})
    assert str(row.end) == "fails"


def test_trainings_on_different_hardware_are_not_weighed_in_seconds(planned, fabricated, rows) -> None:
    plan = planned({"ard": {16: [1.0]}, "vae": {8: [1.0], 16: [1.0]}})
    other = {"kind": "cuda", "name": "Another", "threads": 1}
    fabricated.finish(plan, next(run for run in plan.runs if run.cell.label == "ard"), {}, device=other)
    check = {"kind": "cheaper", "datasets": ["synthetic_8"], "first": {"label": "ard"}, "than": {"label": "vae"}}
    assert [str(row.end) for row in rows(plan, check)] == ["undecided"]
    assert [str(row.end) for row in rows(plan, check | {"unit": "trainings"})] == ["holds"]


@pytest.mark.parametrize(
    ("key", "changes", "reason"),
    [
        ("usage", {"shared_by": 2}, "shared the device with other runs: 1 of the trainings"),
        ("timing", {"resumed_steps": 7}, "interrupted: 1 of the trainings"),
    ],
)
def test_seconds_of_a_disturbed_training_decide_nothing(planned, fabricated, rows, key, changes, reason) -> None:
    plan = planned({"ard": {16: [1.0]}, "vae": {8: [1.0], 16: [1.0]}}, usage=ALONE)
    check = {"kind": "cheaper", "datasets": ["synthetic_8"], "first": {"label": "ard"}, "than": {"label": "vae"}}
    assert [str(row.end) for row in rows(plan, check)] == ["holds"]
    run = next(run for run in plan.runs if run.cell.label == "vae")
    record = {"usage": ALONE, "timing": TIMING}
    fabricated.finish(plan, run, {}, **record | {key: record[key] | changes})
    (row,) = rows(plan, check)
    assert (str(row.end), row.says.rpartition("; ")[2]) == ("undecided", reason)
    assert [str(row.end) for row in rows(plan, check | {"unit": "trainings"})] == ["holds"]


def test_a_side_that_lacks_trainings_decides_nothing(planned, rows) -> None:
    check = {"kind": "cheaper", "datasets": ["synthetic_8"], "first": {"label": "ard"}, "than": {"label": "vae"}}
    plan = planned({"ard": {16: [1.0]}, "vae": {8: [1.0], 16: [None]}})
    assert [str(row.end) for row in rows(plan, check)] == ["undecided"]
    plan = planned({"ard": {32: [None]}, "vae": {8: [1.0]}})
    assert [str(row.end) for row in rows(plan, check)] == ["not run"]


def test_a_searchs_trainings_are_those_that_it_asked_for(fabricated, rows) -> None:
    search = {"search": "ternary", "smallest": 2, "largest": 9, "metric": "frechet_distance"}
    grid = [
        {"datasets": ["synthetic_8"], "methods": {"wae_mmd": None}, "dims": search},
        {"datasets": ["synthetic_8"], "methods": {"ard_vae": None}, "dims": [16]},
    ]
    plan = fabricated.plan(grid=grid)
    for run in plan.runs:
        fabricated.finish(plan, run, {"frechet_distance": abs(run.dim - 6) + 1.0, "active": 8})
    check = {"kind": "cheaper", "datasets": ["synthetic_8"], "unit": "trainings", "first": {"label": "ard_vae"}}
    (row,) = rows(plan, check | {"than": {"label": "wae_mmd", "search": "ternary"}, "times": 2})
    asked = row.series[1].points[0].values[0]
    assert str(row.end) == "holds"
    assert 2 <= asked < 8  # fewer than all its sizes


@pytest.mark.parametrize("unit", ["seconds", "trainings"])
def test_a_search_that_waits_for_a_value_decides_nothing(fabricated, rows, unit) -> None:
    search = {"search": "linear", "smallest": 2, "largest": 9, "metric": "frechet_distance"}
    grid = [
        {"datasets": ["synthetic_8"], "methods": {"wae_mmd": None}, "dims": search},
        {"datasets": ["synthetic_8"], "methods": {"ard_vae": None}, "dims": [16]},
    ]
    plan = fabricated.plan(grid=grid)
    for run in plan.runs:  # trained, and not measured: as without the weights that a metric needs
        fabricated.finish(plan, run, {})
    check = {"kind": "cheaper", "datasets": ["synthetic_8"], "unit": unit, "first": {"label": "ard_vae"}}
    (row,) = rows(plan, check | {"than": {"label": "wae_mmd", "search": "linear"}, "times": 8})
    assert str(row.end) == "undecided"
    assert row.says.endswith("; the search isn't over")
