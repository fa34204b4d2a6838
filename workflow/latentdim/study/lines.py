"""Where in a study file a key stands, or a dataset or method that a sentence is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

KEY = re.compile(r"[^\s:=]+")
OTHER_PLACE = re.compile(r"\bin (grid\.\d+[\w.]*) too\b")
SUBJECT = re.compile(r"(dataset|kind of dataset|method|metric|exhibit) '([^']+)'")
# The blocks that may name what a sentence is about, the one that says most of it first.
BLOCKS = {
    "dataset": ("datasets", "grid.*.datasets"), "kind of dataset": ("datasets.*.kind", "grid.*.datasets"),
    "method": ("grid.*.methods",), "metric": ("metrics", "grid.*.metrics"), "exhibit": ("exhibits.*.kind",),
}  # fmt: skip


def located(path: Path, problems: Iterable[str]) -> list[str]:
    """Problems, each with the line of the key that it begins with: ``line 12: grid.0.dims.1 = 0: …``.

    A key that isn't in the file (one that lacks) gets the line of the block that it belongs to. A sentence that begins
    with a dataset, a method, a metric or an exhibit (``dataset 'mine': …``) gets the line of its block, or of the first
    place that names it. One that begins with nothing of the file stays as it is. Where a second place is told, its line
    stands behind it: ``in grid.0 (line 8) too``.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        root = None
    return [_with_line(problem, root) for problem in problems]


def _with_line(problem: str, root: yaml.Node | None) -> str:
    if root is None:
        return problem
    subject, key = SUBJECT.match(problem), KEY.match(problem)
    line = _line_naming(subject[1], subject[2], root) if subject else _line_of(key.group(), root) if key else None
    told = OTHER_PLACE.sub(lambda place: f"in {place[1]} (line {_line_of(place[1], root)}) too", problem)
    return told if line is None else f"line {line}: {told}"


def _line_naming(noun: str, name: str, root: yaml.Node) -> int | None:
    """The line of the first place that names something."""
    for block in BLOCKS[noun]:
        for node in _below(root, block.split(".")):
            for scalar in _names(node):
                if scalar.value == name:
                    return scalar.start_mark.line + 1
    return None


def _below(node: yaml.Node, keys: list[str]) -> Iterator[yaml.Node]:
    """The nodes at a dotted place, in which ``*`` stands for every key."""
    if not keys:
        yield node
    elif isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if keys[0] in {"*", name.value}:
                yield from _below(value, keys[1:])
    elif isinstance(node, yaml.SequenceNode) and keys[0] == "*":
        for item in node.value:
            yield from _below(item, keys[1:])


def _names(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """What a node names: a word, a list's words, a mapping's keys and the words that they stand for."""
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _names(item)
    elif isinstance(node, yaml.MappingNode):
        yield from (part for pair in node.value for part in pair if isinstance(part, yaml.ScalarNode))


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
