"""Pydantic's findings as sentences in terms of a file's own keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from latentdim.system.problems import nearest


def sentences(model: type[BaseModel], error: ValidationError, prefix: str = "") -> Iterator[str]:
    """Pydantic's findings as sentences: key = value: what is allowed; did you mean."""
    for finding in telling(error.errors()):
        key = _key(finding, prefix)
        if finding["type"] == "extra_forbidden":
            allowed = finding.get("ctx", {}).get("allowed") or keys_at(model, finding["loc"][:-1])
            yield f"{key}: unknown key{nearest(str(finding['loc'][-1]), allowed)}"
        elif finding["type"] == "missing":
            yield f"{key}: this key is required"
        elif finding["type"] == "too_short":
            yield f"{key}: must not be empty"
        else:
            message = re.sub(r"^(Value error, |Input )", "", finding["msg"]).replace("a valid array", "a list")
            shown = finding["input"]
            value = f" = {shown!r}" if isinstance(shown, str | int | float | bool | list) else ""
            cure = _cure(finding)
            yield f"{key}{value if len(value) < 80 else ''}: {message[:1].lower() + message[1:]}{cure}"


def _cure(finding: ErrorDetails) -> str:
    """What to write in place of what YAML takes for something else."""
    given, kind = finding["input"], finding["type"]
    if kind == "string_type" and isinstance(given, bool | int | float):
        return "; YAML reads this one otherwise, so put it in quotes"
    if kind.startswith("int_") and isinstance(given, float) and given.is_integer():
        return f"; write {given:.0f}"
    return ""


def telling(findings: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """The findings that tell something: a container is called too short when its items have problems, and a value that
    fits one alternative of a union but for its range also "fits" no other."""
    places = [place_of(finding) for finding in findings]
    for index, (finding, place) in enumerate(zip(findings, places, strict=True)):
        inside = any(other[: len(place)] == place and len(other) > len(place) for other in places)
        same = [other for other, where in zip(findings, places, strict=True) if where == place]
        first = same[0] is finding or places.index(place) == index
        if finding["type"] == "too_short" and inside:
            continue
        if len(same) > 1 and finding["type"].endswith("_type") and (not first or not same[1]["type"].endswith("_type")):
            continue
        yield finding


def place_of(finding: ErrorDetails) -> tuple[str | int, ...]:
    """The keys that lead to a finding in the file, without pydantic's own labels of alternatives."""
    return tuple(part for part in finding["loc"] if not _is_union_tag(part))


def _key(finding: ErrorDetails, prefix: str) -> str:
    return ".".join([*([prefix] if prefix else []), *map(str, place_of(finding))]) or "the file"


def _is_union_tag(part: str | int) -> bool:
    return isinstance(part, str) and part.startswith(("alternative-", "constrained-", "tuple[", "int", "function-"))


def keys_at(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """The keys allowed at a place of a nested model."""
    here: list[Any] = [model]
    for part in location:
        inside = (
            [f.annotation for m in here for n, f in m.model_fields.items() if n == part]
            if isinstance(part, str)
            else []
        )
        if inside:
            here = [candidate for annotation in inside for candidate in _models_in(annotation)]
    return sorted({name for m in here for name in m.model_fields})


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        for argument in get_args(annotation):
            yield from _models_in(argument)
