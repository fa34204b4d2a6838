"""A package outside the repository adds one of every kind that can be registered, and touches nothing here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

OUTSIDE = Path(__file__).parents[1] / "outside"
STUDY = """
title: Everything from outside
datasets: {ring: {kind: ring}}
protocol:
  training: {network: {name: halving, times: 1}, batch_size: 32, steps: 20}
  evaluation: {code_norm: {power: 1.5}}
metrics: [code_norm, mse_per_pixel, active]
grid: [{datasets: [ring], methods: {shrink: {weight: 0.5}}, dims: [2, 3]}]
exhibits: [{kind: headline, name: headline}, {kind: results, name: results}]
"""
CONFORMS = """
import sys
from pathlib import Path
from latentdim import registry
from latentdim.conformance import datasets, methods, metrics, networks, rankings
from latentdim.conformance.checks import references
from latentdim.datasets.spec import DatasetSpec
from latentdim.registry.declarations import resolve
kind = registry.datasets().get("ring")
options = kind.options()
problems = datasets.problems_of(DatasetSpec("ring", kind, options, resolve(kind.inspect)(options)), Path("scratch"))
problems += methods.problems_of(registry.methods().get("shrink"))
problems += networks.problems_of(registry.networks().get("halving"))
problems += metrics.problems_of(registry.metrics().get("code_norm")) + rankings.problems_of("code_norm")
problems += [one.case for one in references() if "code_norm" in one.metrics and one.deviation() > one.tolerance]
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
    stored = sorted(
        path.name.partition("-v")[0] for path in folder.glob("results/runs/ring/shrink/L2/*/seed0/stored/*")
    )
    assert stored == ["first_codes"]


def test_without_the_package_each_name_is_refused(folder: Path) -> None:
    done = python(folder, "-m", "latentdim", "check", "outside.yaml", installed=False)
    assert done.returncode == 2
    for name in ("ring", "shrink", "code_norm", "headline", "halving"):
        assert f"'{name}'" in done.stderr or f"methods.{name}" in done.stderr


def test_keys_of_runs_do_not_depend_on_what_is_installed(folder: Path) -> None:
    plain = STUDY.replace("kind: ring", "kind: synthetic, n: 2").replace("shrink: {weight: 0.5}", "vae: {}")
    plain = plain.replace("{name: halving, times: 1}", "{name: mlp, hidden: [8]}")
    for gone in ("  evaluation: {code_norm: {power: 1.5}}\n", "code_norm, ", "{kind: headline, name: headline}, "):
        plain = plain.replace(gone, "")
    (folder / "plain.yaml").write_text(plain)
    plans = [
        python(folder, "-m", "latentdim", "plan", "plain.yaml", "--json", installed=with_toys)
        for with_toys in (True, False)
    ]
    assert plans[0].returncode == 0, plans[0].stderr
    assert plans[0].stdout == plans[1].stdout


EVALUATION = """
import json
from latentdim import registry
from latentdim.study.evaluation import Evaluation
from latentdim.study.requested_metrics import RequestedMetric
changed = {"n_reference": 5, "prd": {"runs": 3}, "mig": {"n": 50}, "neighbours": 2, "relevance_share": 0.9}
files = {
    f"{metric.name} {axes} {len(given)}": RequestedMetric.of(metric, Evaluation.model_validate(given), axes).file
    for metric in registry.metrics() if metric.function.startswith("latentdim.")
    for axes in ("all", "jacobian") for given in ({}, changed)
}
print(json.dumps([list(Evaluation.model_fields), files]))
"""


def test_neither_the_evaluation_half_s_order_nor_a_metric_s_file_depends_on_what_is_installed(folder: Path) -> None:
    (with_toys, files), (without, plain) = (
        json.loads(python(folder, "-c", EVALUATION, installed=installed).stdout) for installed in (True, False)
    )
    assert with_toys == [*without, "code_norm"]
    assert files == plain
    assert plain["frechet_distance all 0"] == "frechet_distance-all-v4-44136fa3.json"


def test_a_package_whose_metric_cant_be_imported_costs_its_own_metric_alone(folder: Path) -> None:
    (folder / "broken.py").write_text("from latentdim.metrics.context import Measured\nMETRIC = 1 / 0\n")
    info = folder / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[latentdim.metrics]\ncode_norm = broken:METRIC\n")
    code = (
        "import latentdim.study.evaluation; from latentdim.registry import metrics; print(metrics().hint('code_norm'))"
    )
    done = python(folder, "-c", code, installed=False)
    assert done.stdout.startswith(": its declaration can't be used ("), done.stderr
    assert done.stdout.endswith(")\n")


DECLARED = """
from latentdim import EvaluationFields, Metric
class Fields(EvaluationFields):
    {field}
METRIC = Metric(
    name="{name}", title="t", function="bad:measure", definition="d", samples="s", source="s", unit="1", better=None,
    range=(0, 1), fields=Fields,
)
"""


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("METRIC = 3", "latentdim.metrics: 3 is not a Metric"),
        (DECLARED.format(name="mig", field="a: int = 1"), "latentdim.metrics: the name 'mig' is declared twice"),
        (
            DECLARED.format(name="own", field="mig: int = 1"),
            "the evaluation half has 'mig' from latentdim.metrics.mig and from bad; rename one",
        ),
        (DECLARED.format(name="own", field="a: int"), "'a' of the evaluation half, from bad, has no default"),
    ],
)
def test_a_package_that_does_not_fit_the_rest_is_named_in_a_sentence(folder: Path, code: str, sentence: str) -> None:
    (folder / "bad.py").write_text(code)
    info = folder / "bad-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bad\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[latentdim.metrics]\nbad = bad:METRIC\n")
    done = python(folder, "-m", "latentdim", "check", "outside.yaml", installed=False)
    assert (done.returncode, done.stderr.splitlines()) == (
        2, ["the registry of metrics has 1 problem:", f"  {sentence}"]
    )  # fmt: skip
