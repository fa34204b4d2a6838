"""A study's page: one file that needs no network and no other file."""

from __future__ import annotations

from collections.abc import Sequence

from latentdim.outcomes.completeness import Completeness
from latentdim.outcomes.outcomes import Outcome
from latentdim.plan.plan import Plan
from latentdim.report.claims import Claims
from latentdim.report.counts import DECADES, counts
from latentdim.report.findings import Finding
from latentdim.report.protocol import study_protocol
from latentdim.report.provenance import Provenance
from latentdim.report.rendering import rendered
from latentdim.report.scale import in_words
from latentdim.report.shown import Shown


def study_page(
    plan: Plan, *, outcomes: Sequence[Outcome], found: Completeness, told: Sequence[Finding], shown: Sequence[Shown],
    claims: Claims, origin: Provenance,
) -> str:  # fmt: skip
    """The whole page as HTML; the first figure stands first, with the findings beside it."""
    lead = [item for item in shown if item.picture][:1]
    others = [item for item in shown if item not in lead]
    cut = counts(outcomes)
    contents = [(item.entry.name, item.title) for item in lead]
    contents += [("findings", "Findings")] if told else []
    contents += [(item.entry.name, item.title) for item in others]
    contents += [("claims", "Claims")] if claims.shown else []
    contents += [("protocol", "Protocol")]
    contents += [("counts", "Counts")] if cut else []
    contents += [("runs", "Runs"), ("provenance", "Provenance")]
    about = [text for text in (f"study {plan.name}", in_words(plan.study), origin.newest) if text]
    whole = study_protocol(plan, [item.drawn for item in shown if item.drawn])
    return rendered(
        "study.html", title=plan.study.title, plan=plan, about=about, contents=contents, found=found, findings=told,
        lead=lead, others=others, claims=claims, whole=whole, counts=cut, decades=f"{DECADES:g}", outcomes=outcomes,
        origin=origin,
    )  # fmt: skip
