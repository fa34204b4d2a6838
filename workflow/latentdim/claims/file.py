"""Reading ``claims.yaml``: its form, and whether what it names is in the study's grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from latentdim.claims.check import Check
from latentdim.claims.grid import Grid
from latentdim.claims.kinds import KINDS
from latentdim.plan.plan import Plan
from latentdim.registry.declarations import Strict
from latentdim.study.file import Line, read_yaml, validated
from latentdim.study.lines import located
from latentdim.system.problems import InputError, nearest

NAME = "claims.yaml"
Said = Annotated[Line, StringConstraints(min_length=1)]


class Entry(Strict):
    """One claim as it stands in the file."""

    id: str = Field(pattern=r"^[a-z0-9_]+$", description="its name, no other claim's of the study")
    source: Said = Field(description="paper, and section, table or figure")
    text: Said = Field(description="what is claimed, in a sentence")
    note: Line = Field("", description="what a reader of its end must know: `generator and iterations are ours`")
    check: dict[str, Any] = Field(description="kind, and the kind's own keys")


@dataclass(frozen=True)
class Claim:
    """One claim, with its check."""

    entry: Entry
    check: Check


def claims_path(plan: Plan) -> Path:
    """Where a study's claims stand, whether or not they do."""
    return plan.path.parent / NAME


def read_claims(plan: Plan) -> list[Claim]:
    """The claims beside a study; none where there is no such file.

    Raises:
        InputError: with all problems, each with its line.
    """
    path = claims_path(plan)
    if plan.path.name != "study.yaml" or not path.is_file():
        return []
    given = read_yaml(path)
    if not isinstance(given, list):
        raise InputError(str(path), ["must be a list of claims, each with id, source, text and check"])
    problems: list[str] = []
    problems += _twice(given)
    grid = Grid(plan)
    claims = [_claim(f"{index}", one, path, grid, problems) for index, one in enumerate(given)]
    if problems:
        raise InputError(str(path), located(path, dict.fromkeys(problems)))
    return [claim for claim in claims if claim]


def _claim(where: str, given: Any, path: Path, grid: Grid, problems: list[str]) -> Claim | None:
    """One claim, or None with its problems told."""
    entry: Entry | None = None
    try:
        entry = validated(Entry, given, title=str(path), prefix=where)
    except InputError as error:
        problems += error.problems
    raw = given.get("check") if isinstance(given, dict) else None
    check = _check(f"{where}.check", raw, path, problems) if isinstance(raw, dict) else None
    if check and (problem := _unknown(check, grid)):
        problems.append(f"{where}.check.{problem}")
    return Claim(entry, check) if entry and check else None


def _check(where: str, given: Mapping[str, Any], path: Path, problems: list[str]) -> Check | None:
    kind = given.get("kind")
    if kind is None:
        problems.append(f"{where}.kind: this key is required{nearest('', KINDS)}")
    elif kind not in KINDS:
        problems.append(f"{where}.kind = {kind!r}: not a kind of check{nearest(str(kind), KINDS)}")
    else:
        try:
            own = {key: value for key, value in given.items() if key != "kind"}
            check: Check = validated(KINDS[kind], own, title=str(path), prefix=where)
            return check
        except InputError as error:
            problems += error.problems
    return None


def _twice(given: Sequence[Any]) -> Iterator[str]:
    """A sentence for each id that an earlier claim has."""
    first: dict[str, int] = {}
    for index, one in enumerate(given):
        name = one.get("id") if isinstance(one, dict) else None
        if isinstance(name, str) and first.setdefault(name, index) != index:
            yield f"{index}.id = {name!r}: claim {first[name] + 1} of the file has this id; choose another"


def _unknown(check: Check, grid: Grid) -> str:
    """The first sentence about coordinates that the study doesn't have; what follows from it needs none of its own."""
    return next(filter(None, map(grid.problem, check.asked())), "")
