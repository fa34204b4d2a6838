"""The files of a study's report, known from the plan alone. Free of torch, pandas and matplotlib."""

from __future__ import annotations

import os
from pathlib import Path

from latentdim.plan.plan import Plan

# Written for every study, whatever its exhibits: the page, the same for reading on GitHub, every value, the counts.
INDEX_PAGE = "index.html"
FIXED = (INDEX_PAGE, "index.md", "long.csv", "summary.json")
LONG_AGO = 86_400  # seconds since 1970; 0 would count as absent


def report_files(plan: Plan, reports: Path) -> list[str]:
    """Every file that the report of this study consists of, in a stable order."""
    folder = reports / plan.name
    names = [*FIXED]
    for exhibit in plan.exhibits:
        names += [f"{exhibit.entry.name}{ending}" for ending in exhibit.declared.files]
    return [str(folder / name) for name in names]


def age_report(plan: Plan, reports: Path) -> None:
    """Give an incomplete report an old time stamp, so that Snakemake, which takes what exists for whole, redoes it."""
    for path in map(Path, report_files(plan, reports)):
        if path.exists():
            os.utime(path, (LONG_AGO, LONG_AGO))
