"""How `latentdim run` ends: what became of the study's runs, and its report."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from latentdim.outcomes.status import as_text, states
from latentdim.plan.plan import Plan

DRAWS_WITH = ("pandas", "matplotlib", "seaborn", "jinja2")


def conclude(plan: Plan, reports: Path | None) -> bool:
    """Print counts and reasons and make the report; where this machine can't, say so.

    Args:
        reports: where it goes; None makes none.

    Returns:
        Whether no exhibit has to be mended.
    """
    print(as_text(states(plan)))
    if reports is None:
        return True
    if lacking := [name for name in DRAWS_WITH if not _can_be_imported(name)]:
        command = f"latentdim report {plan.path if plan.path.name != 'study.yaml' else plan.path.parent}"
        print(f"no report was made: {', '.join(lacking)} can't be imported here; `{command}` makes it elsewhere")
        return True
    from latentdim.report.build import build_report

    plan.save()
    completeness = build_report(plan, reports)
    print(f"report: {reports / plan.name / 'index.html'}")
    for name, reason in completeness.exhibits:
        print(f"not drawn: {name}: {reason}", file=sys.stderr)
    return not completeness.broken


def _can_be_imported(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True
