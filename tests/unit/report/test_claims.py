"""Claims on a study's page: by end, with their evidence in words and drawn."""

import math
from xml.etree import ElementTree

import pytest
import yaml

from latentdim.claims.ends import End, Point, Row, Series
from latentdim.report.build import build_report
from latentdim.report.claim_drawing import Axis, drawing

CURVE = tuple(Point(f"L = {dim}", dim, (value, value + 0.2), 0.1) for dim, value in ((4, 6.0), (8, 1.0), (16, 2.0)))


def elements(row, tag):
    """All elements of that name in a row's drawing."""
    return list(ElementTree.fromstring(drawing(row)).iter(tag))


def row(*series, axis="L", **more):
    return Row("vae on synthetic_8", End.HOLDS, "in words", "synthetic_8", series, axis, "distance", **more)


def test_a_curve_has_a_mark_and_a_whisker_for_each_point_and_shows_what_is_claimed() -> None:
    one = row(Series("vae", CURVE), band=(-math.inf, 3.0), span=(6.0, 10.0))
    marks, lines = elements(one, "circle"), elements(one, "line")
    assert [mark.find("title").text for mark in marks] == ["L = 4: 6, 6.2", "L = 8: 1, 1.2", "L = 16: 2, 2.2"]
    assert sum("whisker" in line.get("class") for line in lines) == 3
    shaded = {rect.get("class"): rect for rect in elements(one, "rect")}
    assert set(shaded) == {"span", "band"}
    bottom = float(shaded["band"].get("y")) + float(shaded["band"].get("height"))
    assert bottom == pytest.approx(92.0)  # an open band ends at the axis


def test_series_differ_without_their_colours() -> None:
    lines = elements(row(*(Series(name, CURVE) for name in "abcd")), "polyline")
    assert len({line.get("stroke-dasharray") for line in lines}) == 4
    assert "a solid, b dashed" in drawing(row(*(Series(name, CURVE) for name in "ab")))


def test_many_runs_look_alike() -> None:
    lines = elements(row(*(Series(str(n), CURVE) for n in range(7))), "polyline")
    assert {line.get("class") for line in lines} == {"line s0"}


def test_names_stand_below_each_other_and_are_escaped() -> None:
    series = (
        Series("first", (Point("<vae>", 0, (1.0,)),)),
        Series("others", (Point("a name that is too long", 1, (2.0,)),)),
    )
    texts = [text.text for text in elements(row(*series, axis=""), "text")]
    assert texts[:2] == ["<vae>", "a name that is too …"]


def test_values_far_apart_stand_on_a_logarithmic_axis() -> None:
    points = tuple(Point(str(n), n, (10.0**n,)) for n in range(3))
    assert "distance (logarithmic)" in drawing(row(Series("vae", points)))
    assert [float(mark.get("cy")) for mark in elements(row(Series("vae", points)), "circle")][1] == pytest.approx(50.0)


def test_an_axis_of_one_value_has_room() -> None:
    assert Axis.of([0.0, 0.0], (0.0, 10.0))(0.0) == pytest.approx(5.0)


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawing(Row("vae on mnist", End.NOT_RUN, "no value", "mnist")) == ""


@pytest.fixture
def reported(fabricated):
    """The folder of a report with a claim that holds, one that fails and one that isn't run."""
    grid = [
        {"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [4, 8, 16], "seeds": 2},
        {"datasets": ["synthetic_16"], "methods": {"vae": None}, "dims": [4, 8, 16], "seeds": 2},
    ]
    plan = fabricated.plan(grid=grid)
    for run in plan.runs:
        if run.cell.dataset.name == "synthetic_8":
            values = {4: 6.0, 8: 1.0, 16: 2.0}
            fabricated.finish(plan, run, {"frechet_distance": values[run.dim] + run.seed / 10, "active": 4})
    check = {"kind": "minimum_near", "metric": "frechet_distance", "labels": ["vae"]}
    checks = [
        ("elsewhere", "synthetic_16", [6, 10]), ("wrong", "synthetic_8", [2, 4]), ("right", "synthetic_8", [6, 10]),
    ]  # fmt: skip
    claims = [
        {
            "id": name,
            "source": "A paper",
            "text": f"<b>{name}</b>",
            "check": check | {"datasets": [dataset], "near": near},
        }
        for name, dataset, near in checks
    ]
    path = plan.path.parent / "claims.yaml"
    path.write_text(yaml.safe_dump(claims))
    build_report(plan, fabricated.reports)
    return plan, fabricated.reports / plan.name, path


def test_the_page_shows_claims_by_end(reported) -> None:
    _, folder, _ = reported
    page = (folder / "index.html").read_text(encoding="utf-8")
    places = [page.index(f'id="claim-{name}"') for name in ("right", "wrong", "elsewhere")]
    assert places == sorted(places)
    assert '<a href="#claims">Claims</a>' in page
    assert "&lt;b&gt;right&lt;/b&gt;" in page
    assert "lowest at L\u00a0=\u00a08: 1.05\u00a0±\u00a00.05" in page
    text = (folder / "index.md").read_text(encoding="utf-8")
    assert "- **holds at reduced scale**: " in text
    assert "  - vae on synthetic\\_16: not run" in text


def test_files_beside_the_page_count_the_claims(reported) -> None:
    import json

    _, folder, _ = reported
    ends = {"holds at reduced scale": 1, "fails at reduced scale": 1, "not run": 1}
    assert json.loads((folder / "claims.json").read_text())["counts"] == ends
    assert json.loads((folder / "summary.json").read_text())["claims"] == ends


def test_a_study_whose_claims_are_gone_keeps_no_file_of_them(reported, fabricated) -> None:
    plan, folder, path = reported
    path.unlink()
    build_report(plan, fabricated.reports)
    assert not (folder / "claims.json").exists()
    assert 'id="claims"' not in (folder / "index.html").read_text(encoding="utf-8")
