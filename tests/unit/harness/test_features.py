"""Metrics in spaces of features, from a study to their files: what they lack, what they keep, what they don't need."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from latentdim.cli.main import main
from latentdim.metrics.features import classifier, inception
from latentdim.metrics.features import inception_file as weights
from latentdim.outcomes import outcomes

STUDY: dict[str, Any] = {
    "title": "Features",
    "protocol": {
        "training": {"steps": 30, "batch_size": 32, "network": {"hidden": [16]}},
        "evaluation": {"n_generated": 70, "n_reference": 80, "fid": {"layer": 64}},
    },
    "grid": [{"datasets": ["digits"], "methods": {"vae": {}}, "dims": [3], "seeds": 2}],
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Bring a study of digits with these metrics up to date in this process; weights can't be downloaded."""
    monkeypatch.setattr(inception, "SIDE", 35)
    monkeypatch.setattr(classifier, "STEPS", 20)
    monkeypatch.setattr(weights, "find", lambda: None)
    monkeypatch.setattr(weights, "_downloaded", lambda: "no network")

    def bring(*metrics: str) -> int:
        file = tmp_path / "study.yaml"
        file.write_text(yaml.safe_dump(STUDY | {"metrics": list(metrics)}))
        return main(["run", str(file), "--results", str(tmp_path / "results"), "--device", "cpu", "--no-report"])

    return bring


def metrics(root: Path) -> list[dict[str, Any]]:
    files = sorted(root.glob("results/runs/**/metrics/*.json"))
    return [json.loads(path.read_text()) for path in files]


def test_a_fid_without_weights_is_told_and_measured_once_they_are_there(
    tmp_path: Path, run: Callable[..., int], inception_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "is_at_hand", lambda: False)
    assert run("fid", "mse_per_pixel") == 0  # no failure, and all else is measured
    assert [one["status"] for one in metrics(tmp_path)] == ["absent", "ok"] * 2
    found = metrics(tmp_path)[::2]
    assert [one["value"] for one in found] == [None] * 2
    assert found[0]["reason"].startswith(
        "Inception's weights couldn't be downloaded (no network); put 'weights-inception"
    )
    models = {path: path.stat().st_mtime_ns for path in tmp_path.glob("results/runs/**/model.safetensors")}
    monkeypatch.setattr(weights, "find", lambda: inception_file)
    monkeypatch.setattr(outcomes, "is_at_hand", lambda: True)
    assert run("fid", "mse_per_pixel") == 0
    assert [one["status"] for one in metrics(tmp_path)] == ["ok"] * 4
    found = metrics(tmp_path)[::2]
    assert found[0]["value"] > 0
    assert found[0]["detail"]["weights_sha256"] == found[1]["detail"]["weights_sha256"]
    assert {path: path.stat().st_mtime_ns for path in models} == models
    assert len(list((tmp_path / "results" / "features").glob("inception-64-features-*.safetensors"))) == 1


def test_runs_of_one_dataset_share_its_classifier(tmp_path: Path, run: Callable[..., int]) -> None:
    assert run("frechet_classifier", "frechet_classifier_reconstruction") == 0
    found = metrics(tmp_path)
    assert len(found) == 4
    assert {one["status"] for one in found} == {"ok"}
    assert len({one["detail"]["weights_sha256"] for one in found}) == 1
    assert len({one["value"] for one in found}) == 4
    kept = sorted(path.name.rsplit("-", 1)[0] for path in (tmp_path / "results" / "features").glob("*.safetensors"))
    assert kept == ["classifier-64-features", "classifier-64-floor", "classifier-64-moments", "domain-classifier"]


def test_what_needs_no_inception_runs_without_torch_fidelity(
    run: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "torch_fidelity"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)  # type: ignore[arg-type]
    assert run("mse_per_pixel", "frechet_classifier") == 0
