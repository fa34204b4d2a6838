"""Making a study's report from whatever its run folders hold."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from latentdim.claims.judging import content, judged_claims
from latentdim.exhibits.context import Context, ExhibitRefused, NothingToDraw
from latentdim.exhibits.placeholder import write_placeholder
from latentdim.outcomes.completeness import Completeness, completeness
from latentdim.outcomes.groups import groups
from latentdim.outcomes.long_table import long_table, write_long_table
from latentdim.outcomes.outcomes import Outcome, outcomes
from latentdim.plan.plan import Plan, PlannedExhibit
from latentdim.plan.report_files import age_report
from latentdim.registry.declarations import resolve
from latentdim.report.claims import Claims, shown_claims
from latentdim.report.contents import Contents
from latentdim.report.findings import findings
from latentdim.report.index import build_index
from latentdim.report.markdown import study_markdown
from latentdim.report.page import NOTHING, study_page
from latentdim.report.provenance import provenance
from latentdim.report.shown import Shown
from latentdim.report.verdicts import verdicts
from latentdim.system.files import write_json, write_text
from latentdim.system.problems import CodeBroken
from latentdim.system.tracebacks import described


def build_report(
    plan: Plan,
    reports: Path,
    *,
    template: str = "study.html",
    further: Mapping[str, Any] = NOTHING,
    listed: bool = True,
) -> Completeness:
    """Write every file of a study's report; what is missing is said in it, never hidden.

    An exhibit that fails leaves its reason in the place of its files and costs no other one.

    Args:
        template: of the page, one that extends the study's.
        further: what that needs besides.
        listed: whether the lists beside the study's folder are brought up to date; a folder that somebody names may
            have an index.html of another kind beside it.

    Returns:
        How much was there. Where that isn't all, the files carry an old time stamp.

    Raises:
        InputError: if claims.yaml beside the study has problems.
    """
    folder = reports / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    found = outcomes(plan)
    write_long_table(long_table(plan, found), folder / "long.csv")
    shown = [_exhibit(plan, exhibit, found, folder) for exhibit in plan.exhibits]
    undrawn = [(item.entry.name, item.problem) for item in shown if item.drawn is None]
    counted = completeness(found, undrawn, [item.entry.name for item in shown if item.broken])
    values = groups(found)
    contents = Contents(
        outcomes=found, found=counted, told=findings(plan, values), shown=shown, origin=provenance(plan, found),
        judged=verdicts(plan, values), claims=_claims(plan, found, folder),
    )  # fmt: skip
    write_text(folder / "index.html", study_page(plan, contents, template=template, further=further))
    write_text(folder / "index.md", study_markdown(plan, contents))
    write_json(folder / "summary.json", _summary(plan, contents) | contents.claims.summary)
    if not counted.complete:
        age_report(plan, reports)
    if listed:
        build_index(reports)
    return counted


def _exhibit(plan: Plan, exhibit: PlannedExhibit, found: Sequence[Outcome], folder: Path) -> Shown:
    """Draw one exhibit, or put its reason in its place."""
    entry, declared = exhibit.entry, exhibit.declared
    context = Context(plan, entry, exhibit.options, found, folder)
    files = tuple(context.path(ending) for ending in declared.files)
    try:
        return Shown(entry, declared.title, files, drawn=resolve(declared.draw)(context))
    except ExhibitRefused as refusal:
        problem, broken = f"{refusal}.", isinstance(refusal, NothingToDraw)
    except Exception as error:  # a bug in one exhibit: told in its place and in the log, the others go on
        print(f"exhibit {entry.name} failed:\n{traceback.format_exc()}", file=sys.stderr)
        problem, broken = f"{error if isinstance(error, CodeBroken) else described(error)}.", True
    write_placeholder(context, declared.files, problem)
    return Shown(entry, declared.title, files, problem=problem, broken=broken)


def _claims(plan: Plan, found: Sequence[Outcome], folder: Path) -> Claims:
    """The study's claims, judged; written as claims.json where there are any."""
    judged, path = judged_claims(plan, found), folder / "claims.json"
    if judged:
        write_json(path, content(plan, judged))
    else:
        path.unlink(missing_ok=True)
    return shown_claims(judged)


def _summary(plan: Plan, contents: Contents) -> dict[str, Any]:
    """The report in figures, for the list of studies and for programs."""
    found, judged = contents.found, contents.judged
    return {
        "study": plan.name,
        "title": plan.study.title,
        "question": plan.study.question,
        "paper": plan.study.paper,
        "scale": plan.study.scale,
        "complete": found.complete,
        "done": found.done,
        "total": found.total,
        "counts": found.counts,
        "sentence": found.sentence(),
        "newest": contents.origin.newest,
        "findings": [str(finding) for finding in contents.told],
        "exhibits": [
            {"name": item.entry.name, "kind": item.entry.kind, "title": item.title, "problem": item.problem}
            for item in contents.shown
        ],
        "verdicts": judged.describe() if judged else None,
    }
