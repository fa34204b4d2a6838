"""The sampler as a part of the evaluation half: what it names, refuses, and which files it renames."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from latentdim import registry
from latentdim.study import requested_metrics
from latentdim.study.evaluation import Evaluation
from latentdim.study.requested_metrics import RequestedMetric
from latentdim.study.sampler import Sampler


def file_of(metric: str, **evaluation: Any) -> str:
    return RequestedMetric.of(registry.metrics().get(metric), Evaluation.model_validate(evaluation), None).file


def test_the_models_own_sampler_renames_no_file() -> None:
    assert file_of("frechet_distance", sampler={"name": "model"}) == file_of("frechet_distance")


def test_another_sampler_renames_metrics_of_generated_examples_alone() -> None:
    kinds = ("standard_normal", "gaussian", "mixture", "flow", "second_stage")
    files = {kind: file_of("frechet_distance", sampler={"name": kind}) for kind in kinds}
    assert len({file_of("frechet_distance"), *files.values()}) == 6
    assert file_of("frechet_distance", sampler={"name": "mixture", "components": 5}) != files["mixture"]
    for metric in ("mse_per_pixel", "active", "active_jacobian", "nac"):
        assert file_of(metric, sampler={"name": "mixture"}) == file_of(metric)


def test_fitted_samplers_have_a_version_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = ("model", "standard_normal", "mixture")
    before = [file_of("frechet_distance", sampler={"name": kind}) for kind in kinds]
    monkeypatch.setattr(requested_metrics, "SAMPLER_VERSION", 2)
    after = [file_of("frechet_distance", sampler={"name": kind}) for kind in kinds]
    assert [one == two for one, two in zip(before, after, strict=True)] == [True, True, False]


def test_a_setting_not_given_has_the_samplers_own_value() -> None:
    assert Sampler(name="mixture").setting("components") == 10
    assert Sampler(name="flow").setting("width") == 128
    assert Sampler(name="second_stage").setting("width") == 1024
    assert Sampler(name="second_stage", width=64).setting("width") == 64


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "gaussian", "components": 3}, "components = 3 belongs to mixture, not 'gaussian'"),
        ({"steps": 10}, "steps = 10 belongs to flow or second_stage, not 'model'"),
        ({"name": "mixture", "components": 0}, "greater than 0"),
        ({"name": "kde"}, "'second_stage'"),
    ],
)
def test_what_a_sampler_has_not_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Sampler.model_validate(given)
