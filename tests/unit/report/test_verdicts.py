"""The page of a paper begins with the counts by verdict, and how many misses chance alone would give."""

from __future__ import annotations

import json
import re

import pytest

from latentdim.outcomes.groups import groups
from latentdim.outcomes.outcomes import outcomes
from latentdim.papers.reference import reference_path
from latentdim.report.build import build_report
from latentdim.report.verdicts import verdicts


def test_counts_are_of_all_cells_and_of_each_table(filled) -> None:
    plan = filled()
    judged = verdicts(plan, groups(outcomes(plan)))
    assert judged.whole.counts == {
        "reproduced": 4, "better": 1, "differs": 1, "inconclusive": 1, "not comparable (data)": 1,
        "missing (failed)": 2,
    }  # fmt: skip
    assert {name: one.total for name, one in judged.tables.items()} == {"T1": 6, "T2": 4}
    assert (judged.whole.judged, judged.whole.total) == (5, 10)  # the true dimension has to be equal
    # Of those held against a tolerance: both errors of MSE (σ .0014 and .002), ACTIVE (.49 and .40), and one of pruned.
    assert judged.whole.by_chance == pytest.approx(2 * 0.0459 + 0.08 + 0.1134, abs=1e-3)
    assert judged.sentence().endswith("Of the 5 held against a tolerance, 0.3 would miss by chance.")


def test_the_table_has_a_row_for_each_of_the_papers(filled) -> None:
    plan = filled()
    table = verdicts(plan, groups(outcomes(plan))).table()
    assert [row.heads[0].text for row in table.rows] == ["T1", "T2", "all"]
    assert [column.title for column in table.columns] == [
        "reproduced", "better", "differs", "inconclusive", "not comparable", "missing", "misses",
    ]  # fmt: skip
    for row in table.rows:
        assert sum(int(cell.text) for cell in row.cells[:-1]) == int(row.heads[1].text)


def test_a_paper_page_begins_with_them(filled, fabricated) -> None:
    plan = filled(paper="Nobody (1999): Nothing")
    build_report(plan, fabricated.reports)
    folder = fabricated.reports / plan.name
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<section id="(\w+)"', page)[:3] == ["verdicts", "completeness", "table_1"]
    assert "Nobody (1999): Nothing" in page
    beneath = re.findall(r"\d+ of \d+ runs done", re.sub(r"\s+", " ", page))
    assert beneath == ["10 of 15 runs done", "5 of 5 runs done"]  # of each table those that stand in it
    text = (folder / "index.md").read_text(encoding="utf-8")
    assert text.index("## Beside the paper") < text.index("## Table 1")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["verdicts"]["counts"]["reproduced"] == 4
    assert summary["verdicts"]["tables"]["T2"]["inconclusive"] == 1


def test_a_reference_that_cannot_be_read_is_told_and_costs_nothing_else(filled, fabricated) -> None:
    plan = filled()
    reference_path(plan.path).write_text("table\nT1\n")
    build_report(plan, fabricated.reports)
    page = (fabricated.reports / plan.name / "index.html").read_text(encoding="utf-8")
    assert "The paper's numbers can't be read" in page.replace("&#39;", "'")
    assert "All numbers" not in page


def test_a_study_without_a_reference_has_none(study, fabricated) -> None:
    plan = study()
    assert verdicts(plan, []) is None
    build_report(plan, fabricated.reports)
    assert 'id="verdicts"' not in (fabricated.reports / plan.name / "index.html").read_text(encoding="utf-8")
