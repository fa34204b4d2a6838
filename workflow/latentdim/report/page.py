"""A study's page: one file that needs no network and no other file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from latentdim.plan.plan import Plan
from latentdim.report.contents import Contents
from latentdim.report.counts import DECADES, counts
from latentdim.report.protocol import study_protocol
from latentdim.report.rendering import rendered
from latentdim.report.scale import in_words
from latentdim.report.verdicts import EXPLAINED

NOTHING: Mapping[str, Any] = {}


def study_page(
    plan: Plan, contents: Contents, *, template: str = "study.html", further: Mapping[str, Any] = NOTHING
) -> str:
    """The whole page as HTML; the first figure stands first, with the findings beside it.

    Args:
        template: one that extends the study's.
        further: what that needs besides.
    """
    shown, told = contents.shown, contents.told
    lead = [item for item in shown if item.picture][:1]
    others = [item for item in shown if item not in lead]
    cut = counts(contents.outcomes)
    links = [("verdicts", "Verdicts")] if contents.judged else []
    links += [(item.entry.name, item.title) for item in lead]
    links += [("findings", "Findings")] if told else []
    links += [(item.entry.name, item.title) for item in others]
    links += [("claims", "Claims")] if contents.claims.shown else []
    links += [("protocol", "Protocol")]
    links += [("counts", "Counts")] if cut else []
    links += [("runs", "Runs"), ("provenance", "Provenance")]
    about = (plan.study.paper, f"study {plan.name}", in_words(plan.study), *plan.drawn_in_place, contents.origin.newest)
    whole = study_protocol(plan, [item.drawn for item in shown if item.drawn])
    return rendered(
        template, title=plan.study.title, plan=plan, about=list(filter(None, about)), contents=links,
        found=contents.found, findings=told, lead=lead, others=others, whole=whole, counts=cut, decades=f"{DECADES:g}",
        outcomes=contents.outcomes, origin=contents.origin, judged=contents.judged, explained=EXPLAINED,
        claims=contents.claims, **further,
    )  # fmt: skip
