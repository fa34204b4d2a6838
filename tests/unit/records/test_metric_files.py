"""What was measured under a metric's former name, or with a setting's former spelling, is found under the present."""

from __future__ import annotations

from pathlib import Path

import pytest

from latentdim import registry
from latentdim.outcomes.long_table import long_table, read_long_table, write_long_table
from latentdim.records.folder import RunFolder
from latentdim.records.history import read_history
from latentdim.records.metric_files import read_metric, read_metrics
from latentdim.study.evaluation import Evaluation
from latentdim.study.requested_metrics import RequestedMetric
from latentdim.system.files import write_json, write_text

# Names that files had when the metric was called `frechet_domain` and the features `domain`.
THEN = [
    ("frechet_classifier", {}, "frechet_domain-all-v4-44136fa3.json"),
    ("frechet_classifier_reconstruction", {"axes": "active"}, "frechet_domain_reconstruction-active-v3-44136fa3.json"),
    (
        "improved_precision",
        {"distribution": {"features": "classifier"}},
        "improved_precision-all-v3-cea44ace.json",
    ),
    (
        "mse_per_pixel",
        {"checkpoint": "best(frechet_classifier)", "evaluate_every": 2},
        "mse_per_pixel-all-v1-1981da92.json",
    ),
]


def requested(name: str, evaluation: dict[str, object]) -> RequestedMetric:
    return RequestedMetric.of(registry.metrics().get(name), Evaluation.model_validate(evaluation), None)


@pytest.mark.parametrize(("name", "evaluation", "file"), THEN, ids=[name for name, *_ in THEN])
def test_a_file_written_under_the_former_name_is_found(
    name: str, evaluation: dict[str, object], file: str, tmp_path: Path
) -> None:
    folder, metric = RunFolder(tmp_path), requested(name, evaluation)
    assert metric.former == file
    assert metric.file != file
    assert read_metric(folder, metric) is None
    write_json(folder.metric(file), {"value": 1.0})
    assert read_metric(folder, metric) == {"value": 1.0}
    write_json(folder.metric(metric.file), {"value": 2.0})
    assert read_metric(folder, metric) == {"value": 2.0}


def test_what_was_never_renamed_has_one_name() -> None:
    assert requested("mse_per_pixel", {"inactive": "posterior"}).former == ""
    assert requested("fid", {"n_reference": 5}).former == ""


def test_a_run_s_metrics_and_history_are_told_under_the_present_name(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    write_json(folder.metric("frechet_domain-all-v4-44136fa3.json"), {"metric": "frechet_domain", "value": 1.0})
    write_json(folder.metric("nac-all-v2-44136fa3.json"), {"metric": "nac", "value": 2.0})
    write_text(folder.metric("torn.json"), "{")
    assert [(one["file"][:14], one["metric"], one["value"]) for one in read_metrics(folder)] == [
        ("frechet_domain", "frechet_classifier", 1.0), ("nac-all-v2-441", "nac", 2.0),
    ]  # fmt: skip
    write_text(folder.history, "step,frechet_domain,frechet_domain-active,mask-0\n3,1.5,,0.5\n")
    assert read_history(folder) == [{"step": 3.0, "frechet_classifier": 1.5, "mask-0": 0.5}]


def test_an_old_run_s_value_stands_in_the_long_table_and_an_old_table_is_read(fabricated, tmp_path: Path) -> None:
    grid = [{"datasets": ["digits"], "methods": {"vae": None}, "dims": [4]}]
    plan = fabricated.plan(grid=grid, metrics=["frechet_classifier"])
    folder = fabricated.finish(plan, plan.runs[0], {})
    (metric,) = plan.runs[0].cell.metrics
    write_json(folder.metric(metric.former), fabricated.value(0.1 + 0.2))
    table = long_table(plan)
    assert list(table["metric"]) == ["frechet_classifier"]
    assert list(table["value"]) == [0.1 + 0.2]
    write_long_table(table.assign(metric="frechet_domain"), tmp_path / "published.csv")
    assert list(read_long_table(tmp_path / "published.csv")["metric"]) == ["frechet_classifier"]
