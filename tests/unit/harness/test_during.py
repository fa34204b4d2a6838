"""Measured while it is trained, a run ends as without it; kept weights are measured as if it had ended with them."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from latentdim.cli.main import main
from latentdim.records.folder import RunFolder

PER_EPOCH = 11  # a quarter of the 240 examples makes the prior
TRAINING = {"epochs": 6, "batch_size": 16, "network": {"hidden": [8]}, "n_validation": 60}
EVALUATION = {"n_generated": 150, "n_reference": 150}
METRICS = ["mse_per_pixel", "frechet_distance", {"name": "frechet_distance", "axes": "active"}, "train_seconds"]
STUDY: dict[str, Any] = {
    "title": "A study",
    "datasets": {"points": {"kind": "synthetic", "n": 3, "outputs": 8, "width": 8, "n_train": 300, "n_test": 200}},
    "metrics": METRICS,
    "grid": [{"datasets": ["points"], "methods": {"ard_vae": {"beta": 0.1}}, "dims": [2], "seeds": 1}],
    "exhibits": [{"kind": "samples", "name": "samples"}],
}
Bring = Callable[..., Path]


@pytest.fixture
def bring(tmp_path: Path) -> Bring:
    """Bring the one run of a study up to date under some evaluation; returns its folder."""

    def up_to_date(*, results: str = "results", study: dict[str, Any] | None = None, **evaluation: Any) -> Path:
        file = tmp_path / "study.yaml"
        protocol = {"training": TRAINING, "evaluation": EVALUATION | evaluation}
        file.write_text(yaml.safe_dump(STUDY | {"protocol": protocol} | (study or {})))
        assert main(["run", str(file), "--results", str(tmp_path / results), "--device", "cpu", "--no-report"]) == 0
        (record,) = (tmp_path / results).rglob("record.json")
        return record.parent

    return up_to_date


def metrics(folder: Path, checkpoint: Any) -> dict[str, dict[str, Any]]:
    contents = [json.loads(path.read_text()) for path in sorted((folder / "metrics").iterdir())]
    chosen = [content for content in contents if content["evaluation"]["checkpoint"] == checkpoint]
    return {f"{content['metric']}-{content['axes']}": content for content in chosen}


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open() as handle:
        return list(csv.DictReader(handle))


def test_a_run_that_is_measured_while_it_is_trained_ends_with_the_same_bits(bring: Bring) -> None:
    plain, measured = bring(results="plain"), bring(evaluate_every=2)
    assert (plain / "model.safetensors").read_bytes() == (measured / "model.safetensors").read_bytes()
    assert (plain / "best.safetensors").read_bytes() == (measured / "best.safetensors").read_bytes()
    columns = {"mse_per_pixel", "frechet_distance", "frechet_distance-active"}
    assert [{k: v for k, v in row.items() if k not in columns} for row in rows(measured)] == rows(plain)
    for row in rows(measured):
        expected = columns if float(row["step"]) % (2 * PER_EPOCH) == 0 else set()
        assert {name for name in columns if row[name]} == expected
    assert metrics(plain, "last").keys() == metrics(measured, "last").keys()
    for name, content in metrics(plain, "last").items():
        assert name.startswith("train_seconds") or content["value"] == metrics(measured, "last")[name]["value"]


def test_kept_weights_are_measured_as_they_were_when_the_training_passed_them(bring: Bring) -> None:
    folder = bring(evaluate_every=2)
    passing = metrics(folder, 4)
    assert set(passing) == {"mse_per_pixel-all", "frechet_distance-all", "frechet_distance-active"}
    stamps = {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")}
    files = {path: path.stat().st_mtime_ns for path in (folder / "metrics").iterdir()}
    bring(evaluate_every=2, checkpoint=4)
    assert {path: path.stat().st_mtime_ns for path in files} == files  # nothing was measured again
    for path in files:
        path.unlink()
    bring(evaluate_every=2, checkpoint=4)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    again = metrics(folder, 4)
    assert {name: again[name]["value"] for name in passing} == {name: one["value"] for name, one in passing.items()}
    assert len(list(folder.glob("stored/examples-*.safetensors"))) == 2


def test_the_best_of_the_kept_epochs_is_measured(bring: Bring) -> None:
    metric_names = {"frechet_distance": min, "mse_per_pixel": min, "improved_recall": max}
    folder = bring(evaluate_every=2, study={"metrics": list(metric_names)})
    for metric, best in metric_names.items():
        column = {int(float(row["epoch"])): float(row[metric]) for row in rows(folder) if row[metric]}
        epoch = best(column, key=column.__getitem__)
        bring(evaluate_every=2, checkpoint=f"best({metric})", study={"metrics": list(metric_names)})
        chosen, direct = metrics(folder, f"best({metric})"), metrics(folder, epoch)
        assert len(column) == len(chosen) == 3
        assert {name: one["value"] for name, one in chosen.items()} == {name: direct[name]["value"] for name in chosen}


def test_a_metric_that_chooses_is_measured_where_it_wasnt(bring: Bring) -> None:
    folder = bring(evaluate_every=3, study={"metrics": ["mse_per_pixel"]})
    bring(evaluate_every=3, checkpoint="best(frechet_distance)", study={"metrics": ["mse_per_pixel"]})
    values = {epoch: metrics(folder, epoch)["frechet_distance-all"]["value"] for epoch in (3, 6)}
    best = min(values, key=values.__getitem__)
    chosen = metrics(folder, "best(frechet_distance)")["mse_per_pixel-all"]
    assert chosen["value"] == metrics(folder, best)["mse_per_pixel-all"]["value"]


def test_weights_that_werent_kept_are_refused_and_the_run_is_done(bring: Bring) -> None:
    folder = bring(study={"metrics": ["mse_per_pixel"]}, evaluate_every=2)
    refused = {
        (3, 3): "evaluation.checkpoint = 3: the weights after epoch 3 weren't kept (kept: 2, 4, 6). What "
        "evaluation.evaluate_every says while a run is trained decides which are: set it to 3, and remove",
        (1, "best(mse_per_pixel)"): "the weights after epoch 1, 3, 5 weren't kept (kept: 2, 4, 6)",
    }
    for (every, checkpoint), sentence in refused.items():
        bring(study={"metrics": ["mse_per_pixel"]}, evaluate_every=every, checkpoint=checkpoint)
        (content,) = metrics(folder, checkpoint).values()  # and the job ended with 0: another one would mend nothing
        assert content["status"] == "refused"
        assert sentence in content["reason"]


def test_nothing_to_choose_from_is_told(bring: Bring) -> None:
    folder = bring(study={"metrics": ["mse_per_pixel"]})
    bring(study={"metrics": ["mse_per_pixel"]}, evaluate_every=2, checkpoint="best(mse_per_pixel)")
    (content,) = metrics(folder, "best(mse_per_pixel)").values()
    assert "the weights after epoch 2, 4, 6 weren't kept (kept: none)" in content["reason"]


def test_the_best_is_not_chosen_among_the_first_epochs_alone(bring: Bring) -> None:
    """A training that another study finished kept nothing from some epoch on; what lies there isn't all there was."""
    folder = bring(study={"metrics": ["mse_per_pixel"]}, evaluate_every=2)
    RunFolder(folder).epoch(6).unlink()
    bring(study={"metrics": ["mse_per_pixel"]}, evaluate_every=2, checkpoint="best(mse_per_pixel)")
    (content,) = metrics(folder, "best(mse_per_pixel)").values()
    assert "the weights after epoch 6 weren't kept (kept: 2, 4)" in content["reason"]
