"""What counts of a module's source code: what it says without comments and layout, and what it imports.

Working that out takes the parsing of every module behind a run, so the answer is kept where Python keeps a module's
bytecode, together with a digest of the source that it was read from, and isn't kept where no bytecode is.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import cache_from_source, find_spec
from pathlib import Path

from latentdim.system.files import read_json, write_json
from latentdim.system.problems import NotWritten

FORMAT = 1  # raise it when the answer may change


@dataclass(frozen=True)
class SourceCode:
    """What counts of a module.

    Attributes:
        meaning: digest of its syntax without comments, docstrings and layout; of its bytes where it has an error, with
            which nothing can be trained but reports are still made.
        imports: absolute names of modules, and of what is taken from them, which may be modules too.
    """

    meaning: str
    imports: tuple[str, ...]


@cache
def source_code(module: str) -> SourceCode | None:
    """What counts of a module, which isn't imported for it; None where its source can't be found."""
    path = source_file(module)
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    digest = hashlib.sha256(f"{FORMAT} {module} ".encode() + content).hexdigest()
    kept = _place(path)
    before = read_json(kept) if kept else None
    if isinstance(before, dict) and before.get("source") == digest:
        return SourceCode(before["meaning"], tuple(before["imports"]))
    found = _read(module, content)
    if kept and not sys.dont_write_bytecode:
        with suppress(NotWritten):
            write_json(kept, {"source": digest, **asdict(found)})
    return found


def _place(path: Path) -> Path | None:
    try:
        return Path(cache_from_source(str(path))).with_suffix(".code.json")
    except NotImplementedError:  # this Python keeps no bytecode
        return None


@cache
def source_file(module: str) -> Path | None:
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


def _read(module: str, content: bytes) -> SourceCode:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError):
        return SourceCode(hashlib.sha256(content).hexdigest(), ())
    imports = tuple(dict.fromkeys(_imports(module, tree)))
    return SourceCode(hashlib.sha256(_dump(_without_docstrings(tree)).encode()).hexdigest(), imports)


def _imports(module: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = ".".join(filter(None, (_parent(module, node.level), node.module)))
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def _parent(module: str, level: int) -> str:
    """The package that a relative import of so many dots starts from; empty for an absolute one."""
    path = source_file(module)
    if not level or path is None:
        return ""
    parts = module.split(".")
    package = parts if path.name == "__init__.py" else parts[:-1]
    return ".".join(package[: len(package) - level + 1])


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            body[0].value = ast.Constant(value="")
    return tree


def _dump(node: object) -> str:
    """A syntax tree as text, without what is empty: newer Pythons add fields that older ones lack."""
    if isinstance(node, ast.AST):
        fields = ((name, value) for name, value in ast.iter_fields(node) if value not in (None, []) and name != "kind")
        return f"{type(node).__name__}({', '.join(f'{name}={_dump(value)}' for name, value in fields)})"
    return f"[{', '.join(map(_dump, node))}]" if isinstance(node, list) else repr(node)
