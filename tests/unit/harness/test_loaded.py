"""A run brought back from its folder: `latentdim.load`, and a study's values: `latentdim.results`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml

import latentdim
from latentdim.cli.main import main
from latentdim.system.problems import InputError

STUDY = {
    "title": "Two methods",
    "protocol": {
        "training": {"steps": 20, "batch_size": 16, "network": {"hidden": [8], "output": "sigmoid"}},
        "evaluation": {"n_generated": 100, "n_reference": 1000},
    },
    "metrics": ["mse_per_pixel", "active"],
    "grid": [{"datasets": ["digits"], "methods": {"pca": {}, "vae": {"beta": 0.125}}, "dims": [2]}],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study that was run."""
    folder = tmp_path_factory.mktemp("loaded")
    (folder / "mine.yaml").write_text(yaml.safe_dump(STUDY))
    run = ["run", str(folder / "mine.yaml"), "--results", str(folder / "results"), "--device", "cpu", "--no-report"]
    assert main(run) == 0
    return folder


@pytest.fixture(scope="module")
def table(place: Path) -> pd.DataFrame:
    """The study's values."""
    return latentdim.results(str(place / "mine.yaml"), folder=place / "results")


@pytest.mark.parametrize("method", ["pca", "vae"])
def test_a_loaded_model_has_the_error_that_was_measured(place: Path, table: pd.DataFrame, method: str) -> None:
    rows = table[table.method == method].set_index("metric")
    run = latentdim.load(place / "results" / rows.path["active"])
    x = run.data.batch(run.data.test, 0, len(run.data.test))
    with torch.no_grad():
        error = (run.model.decode(run.model.encode(x)) - x).square().mean().item()
    assert error == pytest.approx(rows.value["mse_per_pixel"], rel=1e-5)
    assert not run.model.training
    assert {metric["metric"]: metric["value"] for metric in run.metrics} == rows.value.to_dict()


def test_settings_come_back_as_they_were(place: Path, table: pd.DataFrame) -> None:
    path = table[table.method == "vae"].path.iloc[0]
    run = latentdim.load(str(place / "results" / path))
    assert run.config.beta == 0.125
    assert run.training.network.hidden == (8,)
    assert run.record.run.dim == 2
    assert run.history[-1]["step"] == 20


def test_what_is_not_there_is_told(place: Path, table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is no run's folder: it holds no record"):
        latentdim.load(tmp_path)
    path = table.path.iloc[0]
    shutil.copytree(place / "results" / path, tmp_path / path)
    alone = latentdim.load(tmp_path / path)
    assert alone.record.status == "ok"
    with pytest.raises(InputError, match="aren't prepared in"):
        _ = alone.model
    (tmp_path / path / "model.safetensors").unlink()
    with pytest.raises(InputError, match="it has no model; it ended as ok"):
        _ = latentdim.load(tmp_path / path).model


def test_the_package_alone_imports_neither_torch_nor_pandas() -> None:
    code = "import latentdim, sys; latentdim.load, latentdim.results; print({'torch', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
