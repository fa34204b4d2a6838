"""Which tests import a module, read from the import statements alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

# What is found by looking through folders rather than by an import statement.
DECLARED = ("methods/*/__init__.py", "workflow/latentdim/*/declared/*.py", "workflow/latentdim/nets/architectures/*.py")
REGISTRY = "latentdim.registry"


def importing_tests(root: Path, tests: Iterable[Path]) -> dict[Path, dict[Path, int]]:
    """For each file of ours the tests that import it, and over how many modules (1: the test itself names it)."""
    modules = {_name(root, path): path for top in ("workflow", "methods") for path in (root / top).rglob("*.py")}
    imports = {path: set(_imported(path, modules)) for path in modules.values()}
    declared = {path for pattern in DECLARED for path in root.glob(pattern)}
    imports[modules[REGISTRY]] |= declared
    importers: dict[Path, dict[Path, int]] = {path: {} for path in modules.values()}
    for test in tests:
        for module, steps in _reached(set(_imported(test, modules, patched=True)), imports).items():
            importers[module][test] = steps
    return importers


def _name(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[parts[0] == "workflow" : -1 if parts[-1] == "__init__" else None])


def _imported(path: Path, modules: Mapping[str, Path], *, patched: bool = False) -> Iterator[Path]:
    """Files of ours that a file imports anywhere, functions included; with ``patched``, or names in a text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif patched and isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value, node.value.rpartition(".")[0]]
        yield from (modules[name] for name in names if name in modules)


def _reached(named: set[Path], imports: Mapping[Path, set[Path]]) -> dict[Path, int]:
    """Everything that is imported by and by, with the number of steps."""
    reached, steps, front = {}, 0, named
    while front:
        steps += 1
        reached |= dict.fromkeys(front, steps)
        front = {module for path in front for module in imports[path]} - set(reached)
    return reached
