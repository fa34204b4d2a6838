"""Who may import whom: each package of the suite rests on those below it, and nothing points up or round."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

import latentdim

PACKAGE = Path(latentdim.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
# From the ground up. A package may import those before it, and itself.
LAYERS = (
    "system", "intrinsic", "searches", "registry", "study", "datasets", "nets", "plan", "records", "outcomes", "tables",
    "papers", "claims", "jobs", "training", "metrics", "harness", "exhibits", "conformance", "report",
    "recommendation", "cli",
)  # fmt: skip


def layer_of(path: Path) -> str:
    """The package that a module belongs to; what a metric's folder is tried with is conformance's, which finds it."""
    package, *inside = path.relative_to(PACKAGE).parts
    return "conformance" if package == "metrics" and inside[1:] == ["checks.py"] else package


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
        for path in MODULES
        if layer_of(path) == layer
        for name in imports_of(path)
        if name not in allowed
    }
    assert upward == set()


def modules_imported(path: Path, modules: Collection[str]) -> set[str]:
    """Modules of ours that a module imports anywhere, functions and type checking included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names & set(modules)


def test_no_module_imports_itself_by_a_detour() -> None:
    paths = {path: ".".join(("latentdim", *path.relative_to(PACKAGE).with_suffix("").parts)) for path in MODULES}
    names = {path: name.removesuffix(".__init__") for path, name in paths.items()}
    imports = {name: modules_imported(path, names.values()) - {name} for path, name in names.items()}
    with_imports = set(imports)
    while leaves := {name for name in with_imports if not imports[name] & with_imports}:
        with_imports -= leaves
    assert with_imports == set()  # what is left imports, or is above, a circle


def test_every_package_has_its_layer() -> None:
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == set(LAYERS)
    assert sorted(path.name for path in PACKAGE.glob("*.py")) == ["__init__.py", "__main__.py"]
