"""What `latentdim run` needs where it trains and measures: the list that envs/README.md gives, and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NEEDED = {"filelock", "numpy", "nvidia-ml-py", "pillow", "psutil", "pydantic", "pyyaml", "safetensors", "torch"}
MODULES = {"scikit-learn": "sklearn", "snakemake-executor-plugin-slurm": "snakemake_executor_plugin_slurm"}
STUDY = """
title: Without the rest
datasets: {points: {kind: synthetic, n: 2, outputs: 8, width: 8, n_train: 200, n_test: 100}}
protocol: {training: {network: {name: mlp, hidden: [8]}, batch_size: 20, steps: 20}}
metrics: [mse_per_pixel, active, train_seconds, peak_memory]
grid: [{datasets: [points], methods: {vae: {}, pca: {}}, dims: [2]}]
"""


def declared() -> set[str]:
    """Names of the packages that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {re.split(r"[<>=\[ ]", line)[0].lower() for line in project["dependencies"]}


def test_a_study_runs_with_the_listed_packages_alone(tmp_path: Path) -> None:
    others = [MODULES.get(name, name.replace("-", "_")) for name in sorted(declared() - NEEDED)]
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules |= dict.fromkeys({others})\n")
    (tmp_path / "study.yaml").write_text(STUDY)
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-m", "latentdim", "run", "study.yaml", "--no-report", "--device", "cpu"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("results/runs/points/*/L2/*/seed0/record.json"))) == 2


def test_the_list_is_said() -> None:
    text = (ROOT / "envs" / "README.md").read_text(encoding="utf-8")
    told = re.search(r"`latentdim run`, which is what a compute node executes, needs (.*?)\.", text, re.DOTALL)
    assert told is not None
    assert set(re.findall(r"[a-z-]+", told[1].replace("and", ""))) == NEEDED
