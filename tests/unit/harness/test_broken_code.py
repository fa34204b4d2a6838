"""Code that can't be imported, ends the process or raises costs its own run or value: told with its line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from latentdim import registry
from latentdim.harness.workplace import Workplace

WORKING = """
from latentdim.nets import Autoencoder, reconstruction
from latentdim.training import Task, train


def fit(task, config):
    model = Autoencoder.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    return train(model, lambda x: {"loss": reconstruction(model, model.encode(x), x, task.protocol)}, task)
"""
BROKEN = {
    "def fit(task, config)\n    return 1\n": "SyntaxError: expected ':' (planted_runner.py, line 1)",
    "import os\nos.no_such_function()\n": "AttributeError: module 'os' has no attribute 'no_such_function' (",
    "import sys\n\nsys.exit(0)\n": "SystemExit: 0 (planted_runner.py, line 3)",
    "import no_such_package\n": "ModuleNotFoundError: No module named 'no_such_package' (planted_runner.py, line 1)",
    "def fot(task, config): ...\n": "has no function 'fit'; did you mean 'fot'?",
}


@pytest.mark.parametrize("source", BROKEN)
def test_a_runner_that_cant_be_imported_costs_its_run_alone(
    bench: Any, planted_source: Callable[..., None], source: str
) -> None:
    planted_source(source)
    assert bench.run({"planted": {}, "pca": {}}) == 1
    assert "Traceback" not in bench.err
    status, reason = bench.states()["planted L=2 seed 0"]
    assert (status, bench.states()["pca L=2 seed 0"][0]) == ("failed", "ok")
    assert "planted_runner" in reason
    assert BROKEN[source] in reason
    end = bench.last_end("planted L=2 seed 0")
    assert (end["outcome"], end["cause"], end["reason"]) == ("failed", "import", reason)


def test_check_imports_each_runner_and_finds_its_function(bench: Any, planted_source: Callable[..., None]) -> None:
    planted_source(WORKING)
    assert bench.run({"planted": {}}) == 0
    assert bench.command("check") == 0
    for source, sentence in BROKEN.items():
        planted_source(source)
        assert bench.command("check") == 2
        assert "method 'planted': 'planted_runner:fit'" in bench.err
        assert sentence in bench.err
    planted_source(WORKING, runner="planted_ruiner:fit")
    assert bench.command("check") == 2
    assert "'planted_ruiner:fit': there is no module 'planted_ruiner'" in bench.err


def test_a_finished_run_is_still_told_when_its_runner_no_longer_parses(
    bench: Any, planted_source: Callable[..., None]
) -> None:
    planted_source(WORKING)
    assert bench.run({"planted": {}}) == 0
    planted_source("def fit(task, config)\n")
    assert bench.states()["planted L=2 seed 0"][0] == "stale"


@pytest.mark.parametrize("code", ["raise SystemExit(0)", "raise RuntimeError"])
def test_a_runner_that_ends_the_process_or_says_nothing_is_a_bug_with_its_line(
    bench: Any, planted_source: Callable[..., None], code: str
) -> None:
    planted_source(f"def fit(task, config):\n    {code}\n")
    assert bench.run({"planted": {}, "pca": {}}) == 1
    assert bench.states()["planted L=2 seed 0"][1].endswith("(planted_runner.py, line 2)")
    assert bench.states()["pca L=2 seed 0"][0] == "ok"
    assert bench.last_end("planted L=2 seed 0")["cause"] == "bug"


@pytest.mark.parametrize("source", ["def prepare(options, writer)\n", "def prepare(options, writer):\n    1 / 0\n"])
def test_code_that_prepares_no_data_costs_their_runs_alone(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    (tmp_path / "preparing.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    declarations = registry.datasets().declarations
    monkeypatch.setitem(
        declarations,
        "synthetic",
        replace(declarations["synthetic"], prepare="preparing:prepare"),  # type: ignore[arg-type]
    )
    assert bench.run({"pca": {}}, datasets=("points", "digits")) == 1
    sys.modules.pop("preparing", None)
    states = bench.states()
    status, reason = states["pca L=2 seed 0"]
    assert status == "failed"
    assert reason.startswith("data refused: preparing 'points' failed, ")
    assert "(preparing.py, line " in reason
    assert states["digits pca L=2 seed 0"][0] == "ok"
    monkeypatch.undo()
    assert bench.run({"pca": {}}, datasets=("points", "digits")) == 0


def test_a_metric_that_cant_be_imported_costs_its_value_alone(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    declarations = registry.metrics().declarations
    broken = replace(declarations["mse_per_pixel"], function="latentdim.metrics.nowhere:measure")
    with monkeypatch.context() as patched:
        patched.setitem(declarations, "mse_per_pixel", broken)  # type: ignore[arg-type]
        assert bench.run({"pca": {}}) == 1
    metrics = {path.name.split("-")[0]: json.loads(path.read_text()) for path in bench.results.rglob("metrics/*.json")}
    sentence = "'latentdim.metrics.nowhere:measure': there is no module 'latentdim.metrics.nowhere'"
    assert (metrics["mse_per_pixel"]["status"], metrics["mse_per_pixel"]["reason"]) == ("failed", sentence)
    assert metrics["active"]["status"] == "ok"
    assert bench.run({"pca": {}}) == 0


def test_only_an_interruption_is_told_as_one(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Workplace, "stop_on_signals", lambda place: setattr(place, "stopping", True))
        assert bench.run({"vae": {}}) == 130
    assert bench.states()["vae L=2 seed 0"] == ("missing", "interrupted; will continue where it stopped")
    end = bench.last_end("vae L=2 seed 0")
    assert (end["outcome"], end["cause"]) == ("interrupted", "signal")
    assert bench.run({"vae": {}}) == 0
    assert bench.last_end("vae L=2 seed 0")["outcome"] == "ok"
