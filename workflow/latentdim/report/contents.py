"""What a study's report says, before it takes a format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from latentdim.outcomes.completeness import Completeness
from latentdim.outcomes.outcomes import Outcome
from latentdim.report.claims import Claims
from latentdim.report.findings import Finding
from latentdim.report.provenance import Provenance
from latentdim.report.shown import Shown
from latentdim.report.verdicts import Verdicts


@dataclass(frozen=True, kw_only=True)
class Contents:
    """All of it.

    Attributes:
        outcomes: what became of every run.
        found: how much is there.
        told: the findings.
        shown: the exhibits, in the study's order.
        judged: the paper's numbers beside ours; None without a reference.
        claims: what it claims in words, and how each ends.
    """

    outcomes: Sequence[Outcome]
    found: Completeness
    told: Sequence[Finding]
    shown: Sequence[Shown]
    origin: Provenance
    claims: Claims
    judged: Verdicts | None = None
