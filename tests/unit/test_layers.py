"""Who may import whom: each package of the suite rests on those below it, and nothing points up or round."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import latentdim

PACKAGE = Path(latentdim.__file__).parent
# From the ground up. A package may import those before it, and itself.
LAYERS = (
    "system", "registry", "study", "datasets", "nets", "plan", "records", "outcomes", "jobs",
    "training", "metrics", "harness", "exhibits", "conformance", "report", "cli",
)  # fmt: skip


def imports_of(path: Path) -> Iterator[str]:
    """Packages of ours that a module imports anywhere, functions and type checking included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "latentdim":
            yield from (alias.name for alias in node.names if (PACKAGE / alias.name).is_dir())
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("latentdim."):
            yield str(node.module).split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("latentdim."))


@pytest.mark.parametrize("layer", LAYERS)
def test_a_package_rests_on_those_below_it_alone(layer: str) -> None:
    allowed = set(LAYERS[: LAYERS.index(layer) + 1])
    upward = {
        f"{path.relative_to(PACKAGE)} → {name}"
        for path in (PACKAGE / layer).rglob("*.py")
        for name in imports_of(path)
        if name not in allowed
    }
    assert upward == set()


def test_every_package_has_its_layer() -> None:
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == set(LAYERS)
    assert sorted(path.name for path in PACKAGE.glob("*.py")) == ["__init__.py", "__main__.py"]
