"""A copy of the project to run snakemake in, with studies, methods and data of a test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 240

Content = dict[str, object]
TRAINING = {"network": {"name": "mlp", "hidden": [8]}, "batch_size": 32, "steps": 5}
EVALUATION = {"n_generated": 200, "n_reference": 200, "n_covariance": 100}
POINTS = {"kind": "synthetic", "n": 2, "outputs": 8, "width": 8, "n_train": 400, "n_test": 200}


@dataclass(frozen=True)
class Project:
    """A checkout's workflow, methods and Snakefile, without its studies."""

    root: Path

    def study(
        self, name: str, *, datasets: Content | None = None, training: Content | None = None, **content: object
    ) -> Path:
        """Write a study file: by default one control, which trains nothing, on a few points; each run is a job."""
        path = self.root / "workflow" / "studies" / name / "study.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        grid = [{"datasets": ["points"], "methods": {"pca": {}}, "dims": [2, 4], "seeds": 1}]
        protocol = {"training": TRAINING | (training or {}), "evaluation": EVALUATION}
        study = {"title": name, "datasets": {"points": POINTS} | (datasets or {}), "protocol": protocol, "grid": grid}
        study |= {"metrics": ["mse_per_pixel"], "execution": {"pack_size": 1}} | content
        path.write_text(yaml.safe_dump(study, sort_keys=False))
        return path

    def environment(self, *first: Path) -> dict[str, str]:
        """Variables under which this copy is imported, and not the installed checkout."""
        paths = [*first, self.root / "workflow", self.root]
        return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"}

    def command(self, *arguments: str, profile: str = "workflow/profiles/local") -> list[str]:
        """A snakemake command line."""
        return [sys.executable, "-m", "snakemake", *arguments, "--profile", profile]

    def snakemake(self, *arguments: str, code: int = 0, first: tuple[Path, ...] = (), **options: str) -> str:
        """Run snakemake, check its exit code, and return all that it printed."""
        done = subprocess.run(
            self.command(*arguments, **options), cwd=self.root, env=self.environment(*first),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout
        assert code != 2 or "Traceback" not in done.stdout, done.stdout
        return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh copy."""
    ignored = shutil.ignore_patterns("__pycache__", "studies")
    for name in ("workflow", "methods"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "Snakefile", tmp_path)
    (tmp_path / "slurm").symlink_to("workflow/profiles/slurm")
    return Project(tmp_path)
