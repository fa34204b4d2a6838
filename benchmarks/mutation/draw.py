"""Mutants: one small fault each, of cosmic-ray's kinds, drawn by a seed."""

from __future__ import annotations

import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from benchmarks.mutation.verdicts import Mutant

# What stands for these is replaced by one of the same row only: a shift or a "|" of two floats raises at once, and says
# nothing about a test.
ALIKE = (("BitAnd", "BitOr", "BitXor", "LShift", "RShift"), ("Is", "IsNot"))


def drawn(root: Path, modules: Iterable[Path], *, seed: int) -> Iterator[Mutant]:
    """Mutants of these modules in random order, one a place in the code.

    Which come first depends on what stands in a line, not on where the line is, so edits elsewhere change nothing.
    """
    ranked = []
    for module in modules:
        name, text = str(module.relative_to(root)), module.read_text(encoding="utf-8")
        for candidates in _places(text).values():
            keys = [(_key(seed, name, *candidate[:3]), candidate[2:]) for candidate in candidates]
            ranked.append((*min(keys), name, text))
    for key, (operator, occurrence), name, text in sorted(ranked):
        mutant = _mutant(name, text, operator, occurrence, key)
        if mutant is not None:
            yield mutant


def _places(text: str) -> dict[tuple[int, int], list[tuple[str, int, str, int]]]:
    """By line and column the faults that fit: the line, the column within it, the kind, which of its kind."""
    lines, places, tree = text.splitlines(), defaultdict(list), get_ast(text)
    nodes = list(ast_nodes(tree))
    for name in filter(_is_used, operator_names()):
        operator = get_operator(name)()
        positions = (start for node in nodes for start, _ in operator.mutation_positions(node))
        for occurrence, (line, column) in enumerate(positions):
            indent = len(lines[line - 1]) - len(lines[line - 1].lstrip())
            places[line, column].append((lines[line - 1].strip(), column - indent, name, occurrence))
    return places


def _is_used(name: str) -> bool:
    kind, *ends = name.removeprefix("core/").split("_")
    if kind in {"VariableInserter", "VariableReplacer"}:  # need names to be configured
        return False
    if kind == "ReplaceUnaryOperator":
        return ends[0] == "Delete"
    return all((ends[0] in row) == (ends[1] in row) for row in ALIKE) if ends else True


def _key(seed: int, *what: object) -> str:
    return hashlib.sha256("\n".join(map(str, (seed, *what))).encode()).hexdigest()[:16]


def _mutant(name: str, text: str, operator: str, occurrence: int, key: str) -> Mutant | None:
    """The mutant, or None where the change is no code, or changes nothing but annotations."""
    changed = mutate_code(text, get_operator(operator)(), occurrence)
    try:
        if changed is None or _meaning(changed) == _meaning(text):
            return None
    except SyntaxError:
        return None
    old, new = text.splitlines(), changed.splitlines()
    edits = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    _, start, stop, new_start, new_stop = next(edit for edit in edits if edit[0] != "equal")
    before, after = (" ".join(map(str.strip, part)) for part in (old[start:stop], new[new_start:new_stop]))
    return Mutant(name, start + 1, before, after, changed, key)


def _meaning(text: str) -> str:
    """A module's syntax tree without annotations and without marks of positional and keyword arguments."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.FunctionDef):
            for field in {"annotation", "returns"} & set(node._fields):
                setattr(node, field, None)
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.arguments):
            node.args = [*node.posonlyargs, *node.args, *node.kwonlyargs]
            node.posonlyargs, node.kwonlyargs = [], []
    return ast.dump(tree)
