"""A package outside the repository adds one of every kind that can be registered, and touches nothing here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

OUTSIDE = Path(__file__).parents[1] / "outside"
STUDY = """
title: Everything from outside
datasets: {ring: {kind: ring}}
protocol: {training: {network: {name: halving, times: 1}, batch_size: 32, steps: 20}}
metrics: [code_norm, mse_per_pixel, active]
grid: [{datasets: [ring], methods: {shrink: {weight: 0.5}}, dims: [2, 3]}]
exhibits: [{kind: headline, name: headline}, {kind: results, name: results}]
"""
CONFORMS = """
import sys
from pathlib import Path
from latentdim import registry
from latentdim.conformance import datasets, methods, metrics, networks
from latentdim.datasets.spec import DatasetSpec
from latentdim.registry.declarations import resolve
kind = registry.datasets().get("ring")
options = kind.options()
problems = datasets.problems_of(DatasetSpec("ring", kind, options, resolve(kind.inspect)(options)), Path("scratch"))
problems += methods.problems_of(registry.methods().get("shrink"))
problems += networks.problems_of(registry.networks().get("halving"))
problems += metrics.problems_of(registry.metrics().get("code_norm"))
print("\\n".join(problems), end="")
"""


def python(folder: Path, *arguments: str, installed: bool = True) -> subprocess.CompletedProcess[str]:
    """Python in a folder of its own, with or without the other package."""
    paths = [*([str(OUTSIDE)] if installed else []), *sys.path]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a study that uses every one of the package's kinds."""
    (tmp_path / "outside.yaml").write_text(STUDY)
    (tmp_path / "scratch").mkdir()
    return tmp_path


def test_every_kind_conforms(folder: Path) -> None:
    done = python(folder, "-c", CONFORMS)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_a_study_of_nothing_but_kinds_from_outside_runs_up_to_its_report(folder: Path) -> None:
    for arguments in (["check"], ["run", "--device", "cpu"]):
        done = python(folder, "-m", "latentdim", arguments[0], "outside.yaml", *arguments[1:])
        assert done.returncode == 0, done.stderr
    reports = folder / "reports" / "outside"
    assert (reports / "headline.txt").read_text().startswith("The smallest code_norm is ")
    rows = [line for line in (reports / "results.md").read_text().splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 2


def test_without_the_package_each_name_is_refused(folder: Path) -> None:
    done = python(folder, "-m", "latentdim", "check", "outside.yaml", installed=False)
    assert done.returncode == 2
    for name in ("ring", "shrink", "code_norm", "headline", "halving"):
        assert f"'{name}'" in done.stderr or f"methods.{name}" in done.stderr


def test_keys_of_runs_do_not_depend_on_what_is_installed(folder: Path) -> None:
    plain = STUDY.replace("kind: ring", "kind: synthetic, n: 2").replace("shrink: {weight: 0.5}", "vae: {}")
    plain = plain.replace("{name: halving, times: 1}", "{name: mlp, hidden: [8]}")
    plain = plain.replace("code_norm, ", "").replace("{kind: headline, name: headline}, ", "")
    (folder / "plain.yaml").write_text(plain)
    plans = [
        python(folder, "-m", "latentdim", "plan", "plain.yaml", "--json", installed=with_toys)
        for with_toys in (True, False)
    ]
    assert plans[0].returncode == 0, plans[0].stderr
    assert plans[0].stdout == plans[1].stdout
