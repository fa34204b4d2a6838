"""Every registered metric conforms; planted ones that hide something are found out."""

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch

from latentdim import registry
from latentdim.conformance.metrics import other, problems_of
from latentdim.metrics.context import Measured, MetricContext
from latentdim.registry.declarations import Metric
from latentdim.study.evaluation import Evaluation

pytestmark = pytest.mark.usefixtures("quick_inception")


@pytest.fixture(autouse=True)
def alone_on_the_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other runs of this machine aren't these tests' business."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.mark.parametrize("metric", list(registry.metrics()), ids=lambda metric: metric.name)
def test_every_registered_metric_conforms(metric: Metric) -> None:
    assert problems_of(metric) == []


def test_every_field_of_the_evaluation_protocol_is_tried() -> None:
    assert set(other()) | {"checkpoint", "evaluate_every", "axes"} == set(Evaluation.model_fields)


def hides_a_field(context: MetricContext) -> Measured:
    return Measured(float(context.evaluation.n_covariance), 1)


def draws_globally(context: MetricContext) -> Measured:
    return Measured(float(torch.rand(())), 1)


def leaves_its_range(context: MetricContext) -> Measured:
    return Measured(-1.0, 1)


def changes_the_model(context: MetricContext) -> Measured:
    next(context.model.parameters()).add_(1.0)
    return Measured(0.5, 1)


PLANTED = {
    hides_a_field: "evaluation.n_covariance changes the value from 40.0 to 30.0",
    draws_globally: "global random generator",
    leaves_its_range: "outside its range",
    changes_the_model: "changes the model",
}


@pytest.mark.parametrize(("function", "told"), PLANTED.items(), ids=[function.__name__ for function in PLANTED])
def test_a_metric_that_hides_something_is_found_out(
    function: object, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("planted_metric")
    module.measure = function  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "planted_metric", module)
    honest = registry.metrics().get("mse_per_pixel")
    metric = replace(honest, name="planted", function="planted_metric:measure", range=(0.0, 1000.0))
    assert any(told in problem for problem in problems_of(metric))
