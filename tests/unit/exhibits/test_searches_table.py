"""The table of searches: what each asked for, settled on and cost, and what it waits for."""

from __future__ import annotations

import csv

import pytest

from latentdim.exhibits.context import Context, ExhibitRefused
from latentdim.exhibits.searches_table import draw
from latentdim.outcomes.outcomes import outcomes
from latentdim.registry.declarations import ExhibitOptions
from latentdim.study.file import ExhibitEntry

ENTRY = {"datasets": ["synthetic_8"], "methods": {"wae_mmd": None}}
TERNARY = {"search": "ternary", "smallest": 2, "largest": 10, "metric": "frechet_distance"}
GRID = {"search": "grid", "sizes": [4, 6, 8], "metric": "frechet_distance"}


def context_of(fabricated, plan) -> Context:
    entry = ExhibitEntry(kind="searches", name="searches", title="Searches")
    return Context(plan, entry, ExhibitOptions(), outcomes(plan), fabricated.reports / plan.name)


def test_a_row_tells_what_a_search_asked_for_settled_on_and_took(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=[ENTRY | {"dims": TERNARY}, ENTRY | {"dims": GRID}])
    for dim in (8, 4, 7, 5, 6):  # of a curve with its minimum at 6; each training takes 12.5 s
        fabricated.finish(plan, run_at(plan, "wae_mmd", dim), {"frechet_distance": abs(dim - 6.0), "active": dim})
    context = context_of(fabricated, plan)
    table = draw(context).table
    assert table
    ternary, grid = ([cell.text for cell in row.cells] for row in table.rows)
    assert ternary[0].startswith("8, 4, ")
    trained = len(ternary[0].split(", "))
    assert ternary[1:] == ["6", str(trained), f"{12.5 * trained:.0f}", str(9 - trained)]
    assert grid == ["4, 6, 8", "6", "3", "38", "0"]
    rows = list(csv.DictReader(context.path(".csv").read_text().splitlines()))
    assert [(row["search"], row["settled"], row["trainings"]) for row in rows] == [
        ("ternary", "6", str(trained)), ("grid", "6", "3"),
    ]  # fmt: skip
    assert "| 4, 6, 8 | 6 | 3 | 38 | 0 |" in context.path(".md").read_text()


def test_a_search_that_isnt_over_says_what_it_waits_for(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=[ENTRY | {"dims": GRID}])
    fabricated.finish(plan, run_at(plan, "wae_mmd", 4), {"frechet_distance": 1.0, "active": 4})
    table = draw(context_of(fabricated, plan)).table
    assert table
    assert [cell.text for cell in next(table.rows).cells] == ["4, 6", "waits for 6", "1", "12", "1"]


def test_a_study_without_searches_has_no_such_table(fabricated) -> None:
    plan = fabricated.plan(grid=[ENTRY | {"dims": [4]}])
    with pytest.raises(ExhibitRefused, match="no entry of the grid has a search"):
        draw(context_of(fabricated, plan))
