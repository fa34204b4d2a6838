"""A fingerprint of the code behind a run: its method's runner, its network, and those of our modules that they import.

Comments, docstrings and layout don't count. A record keeps it, so that a report can mark numbers which an edited
runner might no longer give; nothing is run again because of it (that is what a declaration's ``version`` is for).
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from latentdim.registry.declarations import Method, Network

# Modules whose code can move a number; the rest of the package writes files and talks to people.
NUMERICAL = (
    "methods.",
    "latentdim.nets",
    "latentdim.training",
    "latentdim.metrics.relevance",
    "latentdim.system.seeds",
)
SILENT = tuple(f"latentdim.training.{name}" for name in ("progress", "clock", "checkpoint", "saving"))


@cache
def fingerprint(method: Method, network: Network | None) -> str:
    """Twelve hexadecimal digits; empty where the runner's source can't be found.

    Args:
        network: the protocol's, which no import statement leads to; None for a method that uses none.
    """
    runner = method.runner.partition(":")[0]
    if _source(runner) is None:
        return ""
    roots = (runner, *((network.layers.__module__, network.options.__module__) if network else ()))
    # A package outside: all of it that the runner or the network leads to counts.
    outside = tuple({f"{root.split('.')[0]}." for root in roots} - {"latentdim.", "methods."})
    reached: set[str] = set()
    for module in roots:
        _reach(module, reached, NUMERICAL + outside)
    total = hashlib.sha256()
    for module in sorted(reached):
        total.update(f"{module} {_meaning(module)}".encode())
    return total.hexdigest()[:12]


def _reach(module: str, reached: set[str], numerical: tuple[str, ...]) -> None:
    """Add a module and, transitively, the numerical modules that it imports."""
    if module in reached or _source(module) is None:
        return
    reached.add(module)
    for imported in _imports(module):
        if imported.startswith(numerical) and not imported.startswith(SILENT):
            _reach(imported, reached, numerical)


def _imports(module: str) -> Iterator[str]:
    for node in ast.walk(_tree(module) or ast.Module(body=[], type_ignores=[])):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = ".".join(filter(None, (_parent(module, node.level), node.module)))
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def _parent(module: str, level: int) -> str:
    """The package that a relative import of so many dots starts from; empty for an absolute one."""
    path = _source(module)
    if not level or path is None:
        return ""
    parts = module.split(".")
    package = parts if path.name == "__init__.py" else parts[:-1]
    return ".".join(package[: len(package) - level + 1])


@cache
def _source(module: str) -> Path | None:
    """Where a module's code lies. Only its top package is asked for: finding a module imports those above it."""
    top, *inner = module.split(".")
    try:
        spec = find_spec(top)
    except (ModuleNotFoundError, ValueError):
        return None
    places = [Path(place, *inner) for place in (spec.submodule_search_locations or ())] if spec else []
    candidates = [file for place in places for file in (place / "__init__.py", place.with_name(f"{place.name}.py"))]
    if spec and spec.origin and not inner:
        candidates = [Path(spec.origin)]
    return next((file for file in candidates if file.suffix == ".py" and file.is_file()), None)


def _code(module: str) -> bytes:
    """A module's source; empty where it can't be read."""
    path = _source(module)
    try:
        return path.read_bytes() if path else b""
    except OSError:
        return b""


@cache
def _tree(module: str) -> ast.Module | None:
    """A module's syntax; None where it has an error, with which nothing can be trained but reports are still made."""
    try:
        return ast.parse(_code(module))
    except (SyntaxError, ValueError, RecursionError):
        return None


@cache
def _meaning(module: str) -> str:
    tree = _tree(module)
    if tree is None:
        return hashlib.sha256(_code(module)).hexdigest()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            body[0].value = ast.Constant(value="")
    return hashlib.sha256(_dump(tree).encode()).hexdigest()


def _dump(node: object) -> str:
    """A syntax tree as text, without what is empty: newer Pythons add fields that older ones lack."""
    if isinstance(node, ast.AST):
        fields = ((name, value) for name, value in ast.iter_fields(node) if value not in (None, []) and name != "kind")
        return f"{type(node).__name__}({', '.join(f'{name}={_dump(value)}' for name, value in fields)})"
    return f"[{', '.join(map(_dump, node))}]" if isinstance(node, list) else repr(node)
