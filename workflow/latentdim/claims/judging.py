"""Judging a study's claims by what its runs left, and ``claims.json``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from latentdim.claims.ends import End, Point, Row, together
from latentdim.claims.evidence import Evidence
from latentdim.claims.file import Claim, read_claims
from latentdim.outcomes.outcomes import Outcome
from latentdim.plan.plan import Plan
from latentdim.study.scale import PAPER

SCHEMA = 2  # 1 has no dataset, details, silent and caveats of rows
DECIDED = (End.HOLDS, End.FAILS)


@dataclass(frozen=True)
class Judged:
    """A claim with its end and its evidence.

    Attributes:
        scale: of the runs: ``paper``, or below it.
    """

    claim: Claim
    rows: tuple[Row, ...]
    scale: str

    @property
    def outcome(self) -> End:
        """The end without its scale."""
        return together([row.end for row in self.rows], self.claim.check.need)

    @property
    def end(self) -> str:
        """``holds``, or ``holds at reduced scale`` below the papers' scale."""
        return self._at_scale(self.outcome)

    def end_on(self, dataset: str) -> str:
        """The same of one dataset's rows; of all where it has none."""
        own = [row.end for row in self.rows if row.dataset == dataset]
        return self._at_scale(together(own, self.claim.check.need)) if own else self.end

    def _at_scale(self, end: End) -> str:
        return f"{end} at {self.scale} scale" if self.scale != PAPER and end in DECIDED else str(end)

    @property
    def notes(self) -> list[str]:
        """What a reader of the end must know: the claim's own note, and what stands in for what the paper means."""
        notes = [self.claim.entry.note, *(note for row in self.rows for note in row.notes)]
        return list(dict.fromkeys(filter(None, notes)))


def judged_claims(plan: Plan, outcomes: Sequence[Outcome]) -> list[Judged]:
    """Every claim of a study with its end, in the file's order.

    Raises:
        InputError: if claims.yaml has problems.
    """
    return list(judged_among(read_claims(plan), plan, outcomes))


def judged_among(claims: Sequence[Claim], plan: Plan, outcomes: Sequence[Outcome]) -> Iterator[Judged]:
    """Some of a study's claims with their ends."""
    evidence = Evidence(plan, outcomes)
    yield from (Judged(claim, tuple(claim.check.rows(evidence)), plan.study.scale) for claim in claims)


def counts(judged: Sequence[Judged]) -> dict[str, int]:
    """How many claims ended so, in the order of :class:`End`; ends that none has are left out."""
    ends = [one.end for one in judged]
    order = {end: place for place, end in enumerate(End)}
    named = sorted({(order[one.outcome], one.end) for one in judged})
    return {end: ends.count(end) for _, end in named}


def content(plan: Plan, judged: Sequence[Judged]) -> dict[str, Any]:
    """``claims.json``.

    ``schema`` is the layout's version; ``study``, ``scale``; ``counts`` by end; ``claims``, in the file's order, each
    with ``id``, ``source``, ``text``, ``kind``, ``rule`` (how the kind decides), ``check`` (its keys, defaults
    included), ``end``, ``notes`` and ``rows``. A row has ``where``, ``dataset``, ``end``, ``says`` (the numbers that
    decided, in words), ``details`` (what each run says that was asked by itself), ``silent`` (the places and runs that
    decide nothing, each with the reason), ``caveats`` (what is to be known of the runs, such as ``not converged``, with
    the places), ``axis`` and ``value`` (what its points are), ``band`` and ``span`` (the values and places that the
    claim allows; null where open), and ``series``: by name, points with ``name``, ``place``, ``values`` (one a seed)
    and ``spread`` (null where unknown).
    """
    return {
        "schema": SCHEMA,
        "study": plan.name,
        "scale": plan.study.scale,
        "counts": counts(judged),
        "claims": [_claim(one) for one in judged],
    }


def _claim(one: Judged) -> dict[str, Any]:
    entry, check = one.claim.entry, one.claim.check
    return {
        "id": entry.id, "source": entry.source, "text": entry.text, "kind": check.kind, "rule": check.rule(),
        "check": check.model_dump(mode="json"), "end": one.end, "notes": one.notes,
        "rows": [_row(row) for row in one.rows],
    }  # fmt: skip


def _row(row: Row) -> dict[str, Any]:
    return {
        "where": row.where, "dataset": row.dataset, "end": str(row.end), "says": row.says, "details": list(row.details),
        "silent": list(row.silent), "caveats": {str(name): list(places) for name, places in row.caveats.items()},
        "axis": row.axis, "value": row.value, "band": _interval(row.band), "span": _interval(row.span),
        "series": {one.name: [_point(point) for point in one.points] for one in row.series},
    }  # fmt: skip


def _point(point: Point) -> dict[str, Any]:
    return {"name": point.name, "place": point.place, "values": list(point.values), "spread": point.spread}


def _interval(ends: tuple[float, float] | None) -> list[float | None] | None:
    return None if ends is None else [end if math.isfinite(end) else None for end in ends]
