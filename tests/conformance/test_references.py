"""Every metric agrees with its references, and a metric that is off is noticed by every one of its checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from latentdim import registry
from latentdim.conformance.checks import Check, references
from latentdim.metrics.context import Measured
from latentdim.metrics.kde.measure import LineSearch
from latentdim.metrics.prd.measure import Prd
from latentdim.registry.declarations import resolve

# The checks of every family, by the module that they stand in.
MODULES: dict[ModuleType, tuple[Check, ...]] = {
    import_module(metric.checks.partition(":")[0]): resolve(metric.checks)().references for metric in registry.metrics()
}


def named(check: Check) -> str:
    return f"{check.metrics[0]}: {check.case}"


@pytest.mark.parametrize("check", references(), ids=named)
def test_the_metric_agrees_with_its_reference(check: Check) -> None:
    assert check.deviation() <= check.tolerance


def test_every_metric_has_a_check_and_every_check_is_of_a_metric() -> None:
    assert {name for check in references() for name in check.metrics} == set(registry.metrics().names())


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-2])
def test_a_metric_that_is_off_is_noticed_by_each_of_its_checks(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, found in list(vars(module).items()):
        if name == "resolve":
            monkeypatch.setattr(module, name, lambda path, resolve=found: off(resolve(path)))
        elif callable(found) and not isinstance(found, type) and found.__module__.startswith("latentdim.metrics"):
            monkeypatch.setattr(module, name, off(found))
    unmoved = [named(check) for check in MODULES[module] if check.deviation() <= check.tolerance]
    assert unmoved == []


def off(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose values are half as large again, and a little more."""
    return lambda *given, **options: distorted(function(*given, **options))


def distorted(value: Any) -> Any:
    if isinstance(value, torch.Tensor) and value.dtype == torch.bool:
        return ~value
    if isinstance(value, Measured):
        detail = value.detail | {"scores": [distorted(score) for score in value.detail.get("scores", ())]}
        return replace(value, value=distorted(value.value), detail=detail)
    if isinstance(value, Prd):
        return replace(value, precision=distorted(value.precision), recall=distorted(value.recall))
    if isinstance(value, LineSearch):
        return replace(value, bandwidth=distorted(value.bandwidth))
    if isinstance(value, tuple):
        return tuple(map(distorted, value))
    if isinstance(value, np.ndarray) and value.dtype.kind == "i":
        return value  # labels of clusters, whose score is what is off
    return 1.5 * value + 0.1
