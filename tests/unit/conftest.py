"""Shared by unit tests: fabricated run folders, so that tables and pages meet every outcome; a study to get wrong.

And a tiny paper: a study at paper scale with a reference beside it, whose numbers are made up.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

from latentdim.cli.main import main
from latentdim.papers.reference import COLUMNS, reference_path
from latentdim.plan.expand import plan_study
from latentdim.plan.plan import Plan
from latentdim.plan.run import Run
from latentdim.records.fingerprint import fingerprint
from latentdim.records.folder import RunFolder
from latentdim.system.files import append_line, write_json, write_text

DIGEST = "d1" * 32
PROTOCOL = {"name": "tiny", "training": {"network": {"name": "mlp", "hidden": [16]}, "batch_size": 50, "steps": 300}}
SOUND_STUDY: dict[str, Any] = {
    "title": "A study",
    "protocol": {"training": {"steps": 10, "batch_size": 16}},
    "metrics": ["mse_per_pixel"],
    "grid": [{"datasets": ["digits"], "methods": {"vae": {}}, "dims": [2]}],
}


@dataclass(frozen=True)
class Fabricated:
    """A study in a temporary folder, and run folders filled by hand."""

    root: Path

    @property
    def reports(self) -> Path:
        """Where reports go."""
        return self.root / "reports"

    def plan(self, **study: Any) -> Plan:
        """Plan a study made of these keys, with a title, a protocol and metrics where none are given."""
        content = {"title": "A study", "protocol": PROTOCOL, "metrics": ["frechet_distance", "active"]} | study
        path = self.root / "studies" / "demo" / "study.yaml"
        write_text(path, json.dumps(content))
        return plan_study(str(path), results=self.root / "results")

    def finish(
        self, plan: Plan, run: Run, values: Mapping[str, float | str | dict[str, Any]], *, status: str = "ok",
        reason: str = "", **changes: Any,
    ) -> RunFolder:  # fmt: skip
        """Write a run's record and its metrics.

        Args:
            values: metric → value; a text stands for a refusal with that reason; a metric left out isn't measured.
            changes: laid over the record's keys.
        """
        folder = RunFolder(plan.folder(run))
        record = {
            "schema": 2, "status": status, "reason": reason, "active": int(values.get("active", 0) or 0),
            "run": {"dataset": run.cell.dataset.name, "method": run.cell.method.name, "dim": run.dim, "seed": run.seed},
            "versions": {"latentdim": "0.1.0", "python": "3.11.7", "torch": "2.15.0", "commit": "abc123def456"},
            "device": {"kind": "cpu", "name": "A processor", "threads": 1},
            "host": {"cpu": "A processor", "cores": 2, "system": "Linux x86_64"},
            "data": {"digest": DIGEST, "n_train": 8000, "n_test": 2000, "shape": [128]},
            "timing": {"started": 1.8e9, "train_seconds": 12.5, "total_seconds": 15.0, "steps": 300},
            "source": {"fingerprint": fingerprint(run.cell.method, run.cell.network)}, "notes": [],
            "late_improvement": 0.0,
        }  # fmt: skip
        write_json(folder.record, record | changes)
        for name, value in values.items():
            self.measure(plan, run, name, value)
        return folder

    def measure(self, plan: Plan, run: Run, name: str, value: float | str | dict[str, Any]) -> None:
        """Write one metric's file: a value, a refusal (text), or a whole content."""
        if isinstance(value, str):
            content = {"status": "refused", "value": None, "reason": value}
        else:
            content = value if isinstance(value, dict) else self.value(value)
        for requested in run.cell.metrics:
            if requested.metric.name == name:
                write_json(RunFolder(plan.folder(run)).metric(requested.file), content)

    @staticmethod
    def value(value: float, *, spread: float | None = None, floor: float | None = None) -> dict[str, Any]:
        """A metric's content: a value with a single run's spread, and a floor of which nothing moves."""
        content = {"status": "ok", "value": value, "n": 10_000, "spread": spread, "detail": {}, "reason": ""}
        told = None if floor is None else {"value": floor, "of": "other real examples", "spread": 0.0}
        return content | {"floor": told}

    def killed(self, plan: Plan, run: Run, *, minutes: float, limit: float) -> None:
        """Leave what a run killed after so many minutes leaves: a journal and a heartbeat."""
        folder = RunFolder(plan.folder(run))
        start = {"event": "start", "attempt": 1, "time": 1000.0, "host": "node7", "limits": {"minutes": limit}}
        append_line(folder.journal, start)
        write_json(folder.progress, {"attempt": 1, "time": 1000.0 + 60 * minutes, "memory_mb": 100})

    def prepared(self, plan: Plan, dataset: str, *, digest: str = DIGEST, **facts: Any) -> None:
        """Describe a dataset as prepared with that digest, and whatever else is to be known of it."""
        spec = plan.datasets[dataset]
        content = {"digest": digest, "fingerprint": spec.info.fingerprint, "files": {}, "n_train": 8000, "n_test": 2000}
        write_json(spec.folder(plan.results) / "data.json", content | {"shape": [128]} | facts)

    def refused(self, plan: Plan, dataset: str, reason: str, *, absent: bool = False) -> None:
        """Refuse a dataset as it is now, for its contents or because it isn't there."""
        spec = plan.datasets[dataset]
        folder = spec.folder(plan.results)
        content = {"dataset": dataset, "reason": reason, "fingerprint": spec.info.fingerprint, "absent": absent}
        write_json(folder.with_name(f"{folder.name}.refused.json"), content)

    def history(self, plan: Plan, run: Run, columns: Mapping[str, list[float | None]]) -> None:
        """Write history.csv; None leaves a cell empty."""
        rows = zip(*columns.values(), strict=True)
        lines = [",".join(columns), *(",".join("" if v is None else repr(v) for v in row) for row in rows)]
        write_text(RunFolder(plan.folder(run)).history, "\n".join(lines) + "\n")

    def examples(self, plan: Plan, run: Run, shape: tuple[int, ...], count: int = 16) -> None:
        """Store uniform noise of that shape as originals, reconstructions and samples."""
        draw = np.random.default_rng([run.dim, run.seed]).random
        tensors = {name: draw((count, *shape)).astype(np.float32) for name in ("original", "reconstruction", "sample")}
        self.store(plan, run, tensors)

    def store(self, plan: Plan, run: Run, tensors: Mapping[str, Any]) -> None:
        """Write all files that a run stores, each with those of its tensors that are given."""
        for one in run.stored:
            path = RunFolder(plan.folder(run)).stored(one.file)
            path.parent.mkdir(parents=True, exist_ok=True)
            own = {name: tensors[name] for name in one.declaration.tensors if name in tensors}
            save_file(own, path, metadata={"reason": ""})


@pytest.fixture
def fabricated(tmp_path: Path) -> Fabricated:
    """A study in a temporary folder, and run folders filled by hand."""
    return Fabricated(tmp_path)


@pytest.fixture
def run_at() -> Callable[..., Run]:
    """A function that finds a run of a plan by its coordinates."""

    def find(plan: Plan, label: str, dim: int, seed: int = 0, dataset: str = "synthetic_8") -> Run:
        wanted = (dataset, label, dim, seed)
        return next(r for r in plan.runs if (r.cell.dataset.name, r.cell.label, r.dim, r.seed) == wanted)

    return find


@pytest.fixture
def sound_study(tmp_path: Path) -> Path:
    """The file of a small study without a mistake."""
    file = tmp_path / "sound.yaml"  # beside the one that `refused` writes
    file.write_text(yaml.safe_dump(SOUND_STUDY))
    return file


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """A function that returns the message with which the changed study is refused, its folder's name left out."""

    def message(change: dict[str, Any], command: str = "check") -> str:
        file = tmp_path / "study.yaml"
        file.write_text(yaml.safe_dump(SOUND_STUDY | change))
        assert main([command, str(file), "--results", str(tmp_path / "results")]) == 2
        told = capsys.readouterr().err
        assert "Traceback" not in told
        return told.replace(str(tmp_path), "…")

    return message


SIDE = {"metric": "frechet_distance", "log": True, "curves": [{"label": "wae_mmd"}]}
EXHIBITS = [
    {"kind": "curve", "name": "u_curve", "title": "The U", "options": {"datasets": ["synthetic_8"], "left": SIDE}},
    {"kind": "results", "name": "results", "title": "All <numbers>"},
    {"kind": "samples", "name": "scatter", "options": {"dims": [8], "labels": ["wae_mmd"]}},
]
GRID = [
    {"datasets": ["synthetic_8"], "methods": {"wae_mmd": None}, "dims": [4, 8, 16], "seeds": 2},
    {"datasets": ["synthetic_8"], "methods": {"ard_vae": None}, "dims": [8, 16]},
]


@pytest.fixture
def study(fabricated) -> Callable[..., Plan]:
    """A function that plans the study and fills all of its runs, apart from those that a test wants to fill itself."""

    def make(*, leave: tuple[str, ...] = (), **changes) -> Plan:
        plan = fabricated.plan(grid=GRID, exhibits=EXHIBITS, question="Is it <U>-shaped & why?", **changes)
        for run in plan.runs:
            if run.title not in leave:
                distance = 1.0 + abs(run.dim - 8) + 0.5 * run.seed
                fabricated.finish(plan, run, {"frechet_distance": distance, "active": min(run.dim, 9)})
                fabricated.examples(plan, run, (128,))
        return plan

    return make


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[[Sequence[str]], None]:
    """A function that lets LaTeX make a document of tables, and fails with its log where it can't."""
    if shutil.which("pdflatex") is None:
        pytest.skip("no TeX is installed")

    def compile_tables(tables: Sequence[str]) -> None:
        start = "\\documentclass{article}\\usepackage{booktabs,graphicx}\n\\begin{document}\n"
        body = "\\clearpage\n".join(tables)
        (tmp_path / "tables.tex").write_text(f"{start}{body}\\end{{document}}\n", encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "tables.tex"]
        made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
        assert made.returncode == 0, made.stdout[-2000:]
        assert "Missing character" not in made.stdout
        assert "Float too large" not in made.stdout

    return compile_tables


PAPER_GRID = [
    {"datasets": ["digits"], "methods": {"vae": None, "ard_vae": None, "ae": None}, "dims": [8], "seeds": 5},
    {"datasets": ["digits"], "methods": {"ard_vae": None}, "dims": [16], "seeds": 2},
    {"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [8], "seeds": 3},
]
BLANK = dict.fromkeys(COLUMNS, "")
VAE = {"table": "T1", "row": "VAE", "dataset": "digits", "label": "vae", "dim": 8, "n_seeds": 5}
ACTIVE = {"column_group": "Digits (L = 8)", "column": "ACTIVE", "metric": "active", "unit": "axes", "decimals": 2}
MSE = {"column_group": "Digits (L = 8)", "column": "MSE", "metric": "mse_per_pixel", "unit": "1", "decimals": 3}
ARD, AE = {"row": "ARD-VAE", "label": "ard_vae"}, {"row": "AE", "label": "ae"}
PAPER_ROWS: list[dict[str, Any]] = [
    VAE | ACTIVE | {"mean": "8", "decimals": 0},
    VAE | MSE | {"mean": "0.050", "std": "0.002"},
    VAE | ARD | ACTIVE | {"mean": "5.80", "std": "0.40"},
    VAE | ARD | MSE | {"mean": "0.040", "std": "0.002", "mark": "best"},
    VAE | AE | ACTIVE | {"note": "NA; the method has none", "decimals": ""},
    VAE | AE | MSE | {"mean": "0.060", "std": "0.002", "mark": "second"},
    VAE | ARD | {"table": "T2", "column": "ACTIVE", "metric": "active", "unit": "axes"}
    | {"dim": 16, "mean": "6.00", "std": "0.00", "decimals": 2},
    VAE | {"table": "T2", "column": "GT", "label": "", "dim": "", "dataset": "synthetic_8", "metric": "true_dim"}
    | {"unit": "axes", "mean": "8", "decimals": 0},
    VAE | {"table": "T2", "row": "Pruned", "column": "PRUNED", "dataset": "synthetic_8", "metric": "pruned_axes"}
    | {"unit": "axes", "mean": "1.40", "std": "0.49", "decimals": 2},
    VAE | {"table": "T2", "row": "W", "column": "W", "dataset": "synthetic_8", "metric": "frechet_distance"}
    | {"unit": "squared data units", "mean": "1.5", "decimals": 1},
]  # fmt: skip
PAPER_EXHIBITS = [
    {"kind": "paper_table", "name": "table_1", "title": "Table 1", "options": {"table": "T1", "rows": "method"}},
    {"kind": "paper_table", "name": "table_2", "title": "Table 2", "options": {"table": "T2"}},
]


def write_reference(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows under the columns; what a row leaves out is empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(BLANK | row for row in rows)


@pytest.fixture
def paper(fabricated) -> Callable[..., Plan]:
    """A function that plans the tiny paper's study; ``rows`` are its reference's, ``study`` changes the study."""

    def make(rows: list[dict[str, Any]] = PAPER_ROWS, **study: Any) -> Plan:
        content = {"scale": "paper", "grid": PAPER_GRID, "exhibits": PAPER_EXHIBITS}
        metrics = ["active", "mse_per_pixel", "frechet_distance"]
        plan: Plan = fabricated.plan(**(content | {"metrics": metrics} | study))
        write_reference(reference_path(plan.path), rows)
        return plan

    return make


@pytest.fixture
def filled(paper, fabricated) -> Callable[..., Plan]:
    """A function that also fills runs: VAE as printed, ARD-VAE better, the autoencoder's failed, two seeds at 16."""

    def make(rows: list[dict[str, Any]] = PAPER_ROWS, **study: Any) -> Plan:
        plan = paper(rows, **study)
        for run in plan.runs:
            fabricated.finish(plan, run, **_ended(run.cell.label, run.dim, run.seed))
        return plan

    return make


def _ended(label: str, dim: int, seed: int) -> Mapping[str, Any]:
    if label == "ae":
        return {"values": {}, "status": "failed", "reason": "RuntimeError: planted"}
    active, mse = (8, 0.0503 + 0.001 * (seed - 2)) if label == "vae" else (5 + seed % 2, 0.02 + 0.001 * (seed - 2))
    return {"values": {"active": active, "mse_per_pixel": mse, "frechet_distance": 1.5 + 0.01 * seed}}
