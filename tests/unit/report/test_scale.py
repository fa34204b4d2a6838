"""What pages say of a study's scale."""

from __future__ import annotations

from latentdim.report.build import build_report

EXHIBITS = [{"kind": "results", "name": "results", "title": "Table 1"}]
GRID = [{"datasets": ["synthetic_8"], "methods": {"pca": None}, "dims": [8]}]


def pages(fabricated, **study) -> list[str]:
    """The HTML and the Markdown page of a study whose only run is finished."""
    plan = fabricated.plan(grid=GRID, exhibits=EXHIBITS, **study)
    fabricated.finish(plan, plan.runs[0], {"frechet_distance": 1.0, "active": 8})
    build_report(plan, fabricated.reports)
    return [(fabricated.reports / plan.name / name).read_text() for name in ("index.html", "index.md")]


def test_each_exhibit_says_its_scale_where_there_are_several(fabricated) -> None:
    html, text = pages(fabricated, scale="paper", scales={"smoke": {}})
    assert 'Table 1 <span class="tag">measured here, at paper scale</span>' in html
    assert "at the papers&#39; scale" in html
    assert "## Table 1 (measured here, at paper scale)" in text


def test_a_study_with_one_scale_says_it_once(fabricated) -> None:
    html, text = pages(fabricated, scale="tiny")
    assert "at tiny scale, not to be read against the papers&#39; numbers as equals" in html
    assert 'Table 1 <span class="tag">measured here</span>' in html
    assert "## Table 1 (measured here)" in text
