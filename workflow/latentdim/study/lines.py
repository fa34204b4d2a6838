"""Where in a study file a key stands; only read once a mistake is to be located."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import yaml

KEY = re.compile(r"[^\s:=]+")


def located(path: Path, problems: Iterable[str]) -> list[str]:
    """Problems, each with the line of the key that it begins with: ``line 12: grid.0.dims.1 = 0: …``.

    A key that isn't in the file (one that lacks) gets the line of the block that it belongs to; a sentence that begins
    with no key of the file stays as it is.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        root = None
    return [_with_line(problem, root) for problem in problems]


def _with_line(problem: str, root: yaml.Node | None) -> str:
    key = KEY.match(problem)
    line = None if root is None or key is None else _line_of(key.group(), root)
    return problem if line is None else f"line {line}: {problem}"


def _line_of(key: str, node: yaml.Node) -> int | None:
    """The line, counted from 1, of a dotted key below a node, or of the innermost block above it that is there."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if _leads_to(str(name.value), key):
                return _line_of(key[len(str(name.value)) + 1 :], value) or name.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            if _leads_to(str(index), key):
                return _line_of(key[len(str(index)) + 1 :], item) or item.start_mark.line + 1
    return None


def _leads_to(name: str, key: str) -> bool:
    return key == name or key.startswith(f"{name}.")
