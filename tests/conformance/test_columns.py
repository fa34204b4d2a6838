"""The columns that claims may name are those that trainings write."""

import tempfile
from pathlib import Path
from typing import Any

import pytest

from latentdim import registry
from latentdim.claims.columns import ENGINE, OF_METHOD, UNTRAINED, numbered
from latentdim.conformance.methods import fitted_on_tiny
from latentdim.registry.declarations import Method

OTHERWISE: dict[str, dict[str, Any]] = {
    "beta_tcvae": {"estimator": "mss"},
    "rae": {"regulariser": "gradient_penalty"},
}


def written(method: Method, **settings: Any) -> set[str]:
    """The columns of a tiny training, and of its stages."""
    with tempfile.TemporaryDirectory() as folder:
        config = method.config(**{**method.tried_with, **settings})
        _, task = fitted_on_tiny(method, config, Path(folder))
    rows = [*task.history, *(row for stage in task.stages.values() for row in stage.history)]
    return {numbered(name) for row in rows for name in row}


@pytest.mark.parametrize("name", [*OF_METHOD, *UNTRAINED])
def test_a_methods_columns_are_listed(name: str) -> None:
    method = registry.methods().get(name)
    columns = written(method)
    if name in OTHERWISE:
        columns |= written(method, **OTHERWISE[name])
    assert columns - ENGINE == OF_METHOD.get(name, set())
    assert (name in UNTRAINED) == (not columns)
