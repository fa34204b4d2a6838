"""What can be read of a study file with faults in its form, so that its other problems are told along with them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import ValidationError

from latentdim.study.file import ExhibitEntry, Study
from latentdim.study.messages import place_of, sentences, telling
from latentdim.study.search import SearchedDims

Place = tuple[str | int, ...]  # keys that lead to a fault
STAND_IN = {"search": "linear", "smallest": 1, "largest": 1}


def salvaged(raw: dict[str, Any], error: ValidationError) -> tuple[Study | None, list[str]]:
    """The study without its faulty keys, with stand-ins for what can't be missing.

    Returns:
        The study, None where too little is left; and sentences about searches, which only show once other faults of
        theirs are out of the way.
    """
    kept = {"title": "?", "metrics": ["active"], "protocol": {"training": {"steps": 1}}} | raw
    faults: dict[str | int, dict[str | int, list[Place]]] = {"grid": {}, "exhibits": {}}
    for place in map(place_of, error.errors()):
        if place[0] in faults and len(place) > 2:
            faults[place[0]].setdefault(place[1], []).append(place[2:])
        elif place[0] != "grid":
            kept.pop(str(place[0]), None)
    exhibits = tuple(_exhibits(kept.pop("exhibits", None), faults["exhibits"]))
    entries = [_entry(e, faults["grid"].get(i, ())) for i, e in enumerate(raw.get("grid") or []) if isinstance(e, dict)]
    kept["grid"] = [{"dims": [1]} | entry for entry in entries if entry.get("datasets") and entry.get("methods")]
    problems: list[str] = []
    for _ in range(2):
        try:
            study = Study.model_validate_json(json.dumps(kept, default=str))
            return study.model_copy(update={"exhibits": exhibits}), problems
        except ValidationError as second:
            places = [place_of(finding) for finding in telling(second.errors())]
            if any(place[0] != "grid" or "dims" not in place for place in places):
                break
            problems += sentences(Study, second)
            for place in places:
                entry = kept["grid"][place[1]]
                entry["dims"] |= STAND_IN
                entry["dims"] = {key: entry["dims"][key] for key in ("metric", *STAND_IN)}
    return None, problems


def _entry(entry: Mapping[str, Any], faults: Sequence[Place]) -> dict[str, Any]:
    """A grid entry without its faulty keys; a search stays one."""
    left = {key: value for key, value in entry.items() if key not in {fault[0] for fault in faults}}
    searches = [fault[1] for fault in faults if fault[0] == "dims" and len(fault) > 1]
    if searches and isinstance(entry["dims"], dict) and isinstance(entry["dims"].get("metric"), str):
        left["dims"] = _search(entry["dims"], set(searches))
    return left


def _search(block: Mapping[str, Any], faulty: set[str | int]) -> dict[str, Any]:
    """A search without its faulty keys: a misspelt kind is the nearest one, and one size stands in for faulty ones."""
    fields = SearchedDims.model_fields
    known = {key: value for key, value in block.items() if key in fields and key not in faulty}
    if faulty == {"search"}:
        kinds = get_args(fields["search"].annotation)
        nearest = difflib.get_close_matches(str(block.get("search")), kinds, n=1, cutoff=0.3) or ["linear"]
        return known | {"search": nearest[0]}
    return STAND_IN | {"metric": known["metric"]}


def _exhibits(given: Any, faults: Mapping[str | int, Sequence[Place]]) -> Iterator[ExhibitEntry]:
    """The exhibits that have a kind and a name, whatever they are; without other keys that are faulty."""
    for index, entry in enumerate(given if isinstance(given, list) else ()):
        faulty = {fault[0] for fault in faults.get(index, ())} - {"name"}
        left = {key: value for key, value in entry.items() if key not in faulty} if isinstance(entry, dict) else {}
        if isinstance(left.get("kind"), str) and isinstance(left.get("name"), str):
            yield ExhibitEntry.model_construct(**left)
