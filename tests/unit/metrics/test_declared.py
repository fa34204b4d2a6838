"""The metrics' declarations are complete and cost nothing to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import latentdim.metrics
from latentdim import registry
from latentdim.registry.declarations import resolve
from latentdim.study.evaluation import Evaluation


def test_reading_the_declarations_leaves_torch_and_numpy_unimported():
    code = "import sys; from latentdim import registry; registry.metrics(); "
    code += "print(sorted({'torch', 'numpy', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_there_is_one_declaration_for_each_name():
    names = [metric.name for metric in registry.metrics()]
    assert len(set(names)) == len(names) > 0


@pytest.mark.parametrize("metric", list(registry.metrics()), ids=lambda metric: metric.name)
def test_a_declaration_names_real_fields_and_a_real_function(metric):
    assert set(metric.uses) <= set(Evaluation.model_fields)
    assert callable(resolve(metric.function))
    assert metric.range[0] < metric.range[1]
    assert all((metric.title, metric.unit, metric.source, metric.kinds))


def test_the_package_gives_its_public_names_when_asked():
    assert all(
        getattr(latentdim.metrics, name).__module__.startswith("latentdim.metrics.")
        for name in latentdim.metrics.__all__
    )
    with pytest.raises(AttributeError, match="no attribute 'no_such'"):
        _ = latentdim.metrics.no_such
