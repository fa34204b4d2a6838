"""A study's claims with their ends, for its page: by end, each with its evidence in words and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from latentdim.claims.ends import End, Row
from latentdim.claims.judging import Judged, counts
from latentdim.claims.words import short
from latentdim.report.claim_drawing import drawing

ORDER = tuple(End)
MOST_OPEN = 3  # rows of evidence that are seen without a click
KIND = {End.HOLDS: "holds", End.FAILS: "fails", End.UNDECIDED: "undecided", End.NOT_RUN: "not_run"}


@dataclass(frozen=True)
class ShownRow:
    """One row of the evidence as a page shows it."""

    row: Row

    @property
    def kind(self) -> str:
        """The end's class."""
        return KIND[self.row.end]

    @property
    def text(self) -> str:
        """What is said of it; all of it stands in claims.json."""
        return short(self.row)

    @property
    def svg(self) -> Markup:
        """The picture; empty where there is none."""
        return Markup(drawing(self.row))  # built as XML elements


@dataclass(frozen=True)
class ShownClaim:
    """One claim as a page shows it."""

    judged: Judged

    @property
    def kind(self) -> str:
        """The end's class."""
        return KIND[self.judged.outcome]

    @property
    def open(self) -> list[ShownRow]:
        """The rows that are seen at once."""
        return [ShownRow(row) for row in self.judged.rows[:MOST_OPEN]]

    @property
    def folded(self) -> list[ShownRow]:
        """The others."""
        return [ShownRow(row) for row in self.judged.rows[MOST_OPEN:]]


@dataclass(frozen=True)
class Claims:
    """All claims of a study.

    Attributes:
        counts: by end.
    """

    shown: tuple[ShownClaim, ...]
    counts: dict[str, int]

    @property
    def summary(self) -> dict[str, dict[str, int]]:
        """For the report's summary; nothing where there are no claims."""
        return {"claims": self.counts} if self.shown else {}


def shown_claims(judged: Sequence[Judged]) -> Claims:
    """The claims by end, each end's in the file's order."""
    ordered = sorted(judged, key=lambda one: ORDER.index(one.outcome))
    return Claims(tuple(map(ShownClaim, ordered)), counts(judged))
