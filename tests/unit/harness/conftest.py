"""A small study run in this process, and a method whose runner is given as source."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from latentdim import registry
from latentdim.cli.main import main
from latentdim.plan.expand import plan_study
from latentdim.records import fingerprint, source_code
from latentdim.records.folder import RunFolder
from latentdim.registry.declarations import Method, MethodConfig
from latentdim.system.files import read_lines

TRAINING = {"steps": 60, "batch_size": 16, "network": {"hidden": [8]}, "optimizer": {"learning_rate": 0.01}}
STUDY: dict[str, Any] = {
    "title": "A study",
    "datasets": {"points": {"kind": "synthetic", "n": 3, "outputs": 8, "width": 8, "n_train": 300, "n_test": 200}},
    "protocol": {"training": TRAINING, "evaluation": {"n_generated": 90, "n_reference": 90, "n_covariance": 30}},
    "metrics": ["mse_per_pixel", "active"],
}


class Bench:
    """A study in a temporary folder, and what its commands leave and say."""

    def __init__(self, root: Path, results: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self.results, self.capsys = root / "study.yaml", results, capsys
        self.err = ""

    def run(
        self,
        methods: dict[str, Any],
        *options: str,
        dims: tuple[int, ...] | dict[str, Any] = (2,),
        datasets: tuple[str, ...] = ("points",),
        **study: Any,
    ) -> int:
        """Bring a study of these up to date; returns the exit code."""
        sizes = dims if isinstance(dims, dict) else list(dims)
        grid = [{"datasets": list(datasets), "methods": methods, "dims": sizes}]
        self.file.write_text(yaml.safe_dump(STUDY | {"grid": grid} | study))
        return self.command("run", "--device", "cpu", "--no-report", *options)

    def last_end(self, title: str) -> dict[str, Any]:
        """The newest line of a run's journal."""
        return read_lines(self.folders[title].journal)[-1]

    def command(self, name: str, *options: str) -> int:
        code = main([name, str(self.file), "--results", str(self.results), *options])
        self.err = self.capsys.readouterr().err
        return code

    @property
    def folders(self) -> dict[str, RunFolder]:
        """By title, in the plan's order."""
        plan = plan_study(str(self.file), results=self.results)
        return {run.title.removeprefix("points "): RunFolder(plan.folder(run)) for run in plan.runs}

    def states(self) -> dict[str, tuple[str, str]]:
        """Status and reason by title, as ``status`` tells them."""
        self.capsys.readouterr()
        assert main(["status", str(self.file), "--results", str(self.results), "--json"]) == 0
        rows = json.loads(self.capsys.readouterr().out)["runs"]
        return {row["title"].removeprefix("points "): (row["status"], row["reason"]) for row in rows}

    def page(self, reports: Path) -> str:
        main(["report", str(self.file), "--results", str(self.results), "--reports", str(reports)])
        return next(reports.glob("*/index.md")).read_text()


@pytest.fixture
def bench_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[Path], Bench]:
    """A function that gives the study with another folder of results."""
    return lambda results: Bench(tmp_path, results, capsys)


@pytest.fixture
def bench(tmp_path: Path, bench_at: Callable[[Path], Bench]) -> Bench:
    """The study, its commands, and what they leave and say."""
    return bench_at(tmp_path / "results")


@pytest.fixture
def planted_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Register a method ``planted`` whose runner has this source."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def plant(source: str, *, runner: str = "planted_runner:fit") -> None:
        (tmp_path / "planted_runner.py").write_text(source)
        sys.modules.pop("planted_runner", None)
        for cached in (fingerprint.fingerprint, source_code.source_code, source_code.source_file):
            cached.cache_clear()
        method = Method(name="planted", config=MethodConfig, runner=runner, source="this test")
        registry.methods().declarations["planted"] = method  # type: ignore[index]

    yield plant
    registry.methods().declarations.pop("planted", None)  # type: ignore[attr-defined]
    sys.modules.pop("planted_runner", None)
