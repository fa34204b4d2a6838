"""A copy of the workflow in a scratch folder with studies of the benchmark's own: real results are never touched."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rounds import ROOT

Content = dict[str, object]
# The quickstart's settings.
PROTOCOL: Content = {
    "training": {
        "network": {"name": "mlp", "hidden": [1000]},
        "schedule": {"name": "cosine"},
        "batch_size": 256,
        "steps": 2000,
    }
}
METRICS = ["frechet_distance", "mse_per_pixel", "active", "active_jacobian", "nac"]


@dataclass(frozen=True)
class Project:
    """The scratch folder."""

    root: Path

    @classmethod
    def copied(cls, root: Path) -> Project:
        """Copy what snakemake reads; the code stays where it is installed."""
        root.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "Snakefile", root)
        for name in ("rules", "profiles"):
            shutil.copytree(ROOT / "workflow" / name, root / "workflow" / name)
        return cls(root)

    def study(self, name: str, **content: object) -> None:
        """Write a study file. JSON is YAML too."""
        path = self.root / "workflow" / "studies" / name / "study.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"title": name, "protocol": PROTOCOL, "metrics": METRICS} | content))

    def latentdim(self, *arguments: str) -> list[str]:
        """A command line of the suite."""
        return [sys.executable, "-m", "latentdim", *arguments]

    def forget(self) -> None:
        """Remove every run, but keep the prepared data."""
        shutil.rmtree(self.root / "results" / "runs", ignore_errors=True)


def without_gpu(variables: dict[str, str]) -> dict[str, str]:
    """The same variables with every GPU hidden: what is compared here are CPU jobs."""
    return variables | {"CUDA_VISIBLE_DEVICES": ""}


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
