"""What a plan asks of machines: sums over runs, by dataset."""

from __future__ import annotations

import pytest

from latentdim.plan import cost
from latentdim.plan.demand import COPIES, RECORD_MB, as_table, demands, in_brief, total

GRID = [
    {"datasets": ["synthetic_4", "digits"], "methods": {"vae": {}}, "dims": [2, 4], "seeds": 3},
    {"datasets": ["digits"], "methods": {"pca": {}}, "dims": [2], "metrics": ["mse_per_pixel"]},
]
AWAY = {"mine": {"kind": "npy", "path": "nowhere.npy"}}


def test_a_datasets_demand_is_the_sum_over_its_runs(fabricated) -> None:
    plan = fabricated.plan(grid=GRID)
    first, second = demands(plan)
    assert [(one.what, one.runs) for one in (first, second)] == [("synthetic_4", 6), ("digits", 7)]
    for one in (first, second):
        runs = [run for run in plan.runs if run.cell.dataset.name == one.what]
        assert one.core_hours == pytest.approx(sum(run.cell.minutes(run.dim) for run in runs) / 60)
        assert one.gpu_hours == pytest.approx(sum(run.cell.minutes(run.dim, cost.GPU) for run in runs) / 60)
        weights = sum(run.cell.weights(run.dim) for run in runs)
        prepared = plan.datasets[one.what].preparing_mb
        assert one.disk_mb == pytest.approx(prepared + COPIES * 4e-6 * weights + RECORD_MB * len(runs))
    whole = total([first, second])
    assert (whole.runs, whole.core_hours) == (13, pytest.approx(first.core_hours + second.core_hours))
    assert whole.disk_mb == pytest.approx(first.disk_mb + second.disk_mb)


def test_a_search_counts_with_its_worst_case(fabricated) -> None:
    searched = {"search": "ternary", "smallest": 1, "largest": 30, "metric": "frechet_distance"}
    plan = fabricated.plan(grid=[{"datasets": ["synthetic_4"], "methods": {"vae": {}}, "dims": searched}])
    (search,), (only,) = plan.searches, demands(plan)
    assert only.runs == round(search.worst_case(lambda dim: 1.0)) < 30
    assert only.core_hours == pytest.approx(search.worst_case(search.cell.minutes) / 60)
    assert in_brief(plan).startswith(f"at most {only.runs} runs in 1 job, about ")


def test_absent_data_are_told_and_count_nowhere(fabricated) -> None:
    grid = [{"datasets": ["digits", "mine"], "methods": {"pca": {}}, "dims": [2]}]
    plan = fabricated.plan(grid=grid, datasets=AWAY, metrics=["mse_per_pixel"])
    here, away = demands(plan)
    assert (here.absent, away.absent) == (False, True)
    assert total([here, away]).runs == here.runs == 1
    assert in_brief(plan).endswith("; without 'mine' (1 run), whose data aren't here")
    rows = list(as_table([here, away]))
    assert [row.split()[:2] for row in rows] == [["dataset", "runs"], ["digits", "1"], ["mine", "1"], ["all", "here"]]
    assert rows[2].endswith("not here")


def test_a_study_for_the_cpu_asks_for_no_gpu(fabricated) -> None:
    plan = fabricated.plan(grid=GRID, execution={"device": "cpu"})
    assert {one.gpu_hours for one in demands(plan)} == {None}
    assert "GPU" not in in_brief(plan)
    assert all(row.split()[-2] == "-" for row in list(as_table(demands(plan)))[1:])
