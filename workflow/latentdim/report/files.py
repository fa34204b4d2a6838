"""The files of a study's report, known from the plan alone. Free of torch, pandas and matplotlib."""

from __future__ import annotations

from pathlib import Path

from latentdim import registry
from latentdim.plan import Plan

# Written for every study, whatever its exhibits: the page, the same for reading on GitHub, every value, the counts.
FIXED = ("index.html", "index.md", "long.csv", "summary.json")


def report_files(plan: Plan, reports: Path) -> list[str]:
    """Every file that the report of this study consists of, in a stable order."""
    folder = reports / plan.name
    names = [*FIXED]
    for entry in plan.exhibits:
        names += [f"{entry.name}{ending}" for ending in registry.exhibits().get(entry.kind).files]
    return [str(folder / name) for name in names]
