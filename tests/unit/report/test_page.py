"""The page stands alone, names everything that is missing, and prints each exhibit's protocol."""

import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from latentdim.report.build import build_report
from latentdim.report.inline import inline_svg
from latentdim.report.rendering import rendered
from latentdim.report.shown import gravest

PAGES = ["study.html", "index.html"]
VOID = {"meta", "br", "img", "link", "hr", "input", "wbr"}


class Reader(HTMLParser):
    """Collects a page's elements and checks that they close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data


@pytest.fixture
def page(study, fabricated, run_at) -> Reader:
    """The page of a study with a collapse, a divergence, a failure, a kill and a stale run."""
    plan = study(leave=("synthetic_8 wae_mmd L=16 seed 0", "synthetic_8 ard_vae L=16 seed 0"))
    values = {"frechet_distance": 30.0, "active": 0}
    fabricated.finish(plan, run_at(plan, "wae_mmd", 4, 1), values, status="collapsed", reason="count <0>")
    fabricated.finish(plan, run_at(plan, "wae_mmd", 8, 1), {}, status="diverged", reason="the loss is NaN")
    fabricated.finish(plan, run_at(plan, "wae_mmd", 16, 1), {}, status="failed", reason="KeyError: 'x'")
    fabricated.finish(plan, run_at(plan, "ard_vae", 8), values | {"active": 8}, source={"fingerprint": "0" * 12})
    fabricated.killed(plan, run_at(plan, "wae_mmd", 16, 0), minutes=10, limit=10)
    build_report(plan, fabricated.reports)
    reader = Reader()
    reader.source = (fabricated.reports / "demo" / "index.html").read_text()
    reader.feed(reader.source)
    assert reader.open == []
    return reader


def test_the_page_needs_no_network_and_no_other_file(page) -> None:
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"link", "iframe", "object", "embed"}
    assert [attributes for tag, attributes in page.elements if tag == "script"] == [{}]  # one, and inside of the page
    for tag, attributes in page.elements:
        for name in ("src", "href", "xlink:href", "data"):
            target = attributes.get(name) or ""
            local = target.startswith(("#", "data:")) or re.fullmatch(r"[\w.]+", target)
            assert not target or local, f"<{tag} {name}={target}>"
    assert not re.search(r"url\((?!#)|@import", page.source)


def test_every_run_that_is_not_ok_stands_with_its_reason(page) -> None:
    for reason in (
        "count <0>",
        "the loss is NaN",
        "KeyError: 'x'",
        "killed after 10 of 10 minutes on node7",
        "the method's code has changed since",
        "not started",
    ):
        assert reason in page.text, reason
    for status in ("collapsed", "diverged", "failed", "timed out", "stale", "missing"):
        assert status in page.text
    assert "5 of 8 runs are done; this report is incomplete." in page.text


def sections_of(source: str) -> dict[str, str]:
    """The page's sections by their identifier."""
    return {part.partition('"')[0]: part for part in source.split('<section id="')[1:]}


def test_the_protocol_stands_once_and_each_exhibit_points_to_it(page) -> None:
    sections = sections_of(page.source)
    assert "batch_size" in sections["protocol"]
    for name in ("u_curve", "results", "scatter"):
        assert sections[name].index("</figure>") < sections[name].index('href="#protocol"')
        assert "batch_size" not in sections[name]


def test_beneath_an_exhibit_stands_what_is_not_the_same_for_all(fabricated) -> None:
    other = {"training": {"batch_size": 25}}
    grid = [
        {"datasets": ["synthetic_8"], "methods": {"vae": {"beta": 2.0}}, "dims": [8]},
        {"datasets": ["digits"], "methods": {"vae": {"beta": 0.5}}, "dims": [8], "protocol": other},
    ]
    exhibits = [
        {"kind": "results", "name": "whole"},
        {"kind": "results", "name": "digits", "options": {"datasets": ["digits"]}},
    ]
    plan = fabricated.plan(grid=grid, exhibits=exhibits, metrics=["active"])
    for run in plan.runs:
        fabricated.finish(plan, run, {"active": 8})
    build_report(plan, fabricated.reports)
    sections = sections_of((fabricated.reports / "demo" / "index.html").read_text())
    assert "25" in sections["digits"][sections["digits"].index("batch_size") :]
    assert "<dt>vae</dt><dd>beta 0.5</dd>" in sections["digits"]
    assert "50" not in sections["digits"][sections["digits"].index("batch_size") :]
    assert "<dt>vae (synthetic_8)</dt><dd>beta 2</dd><" in sections["whole"]
    assert "steps" not in sections["whole"]
    assert sections["protocol"].count("<span>steps</span>") == 1
    markdown = (fabricated.reports / "demo" / "index.md").read_text()
    assert markdown.count("steps 300") == 1
    assert markdown.index("## Protocol") < markdown.index("steps 300")


def test_the_first_figure_comes_first_with_the_findings_beside_it(study, fabricated) -> None:
    build_report(study(), fabricated.reports)
    source = (fabricated.reports / "demo" / "index.html").read_text()
    order = ["completeness", "u_curve", "findings", "results", "scatter", "protocol", "runs", "provenance"]
    assert list(sections_of(source)) == order
    assert source.index('<div class="lead">') < source.index('<section id="u_curve"')


def test_a_count_stands_with_the_sorted_values_that_it_cut(fabricated) -> None:
    plan = fabricated.plan(grid=[{"datasets": ["synthetic_8"], "methods": {"ard_vae": None}, "dims": [8]}])
    detail = {"scores": [0.5, 4.0, 0.002, 2.0], "axes": [0, 1, 3]}
    fabricated.finish(plan, plan.runs[0], {"active": 3})
    fabricated.measure(plan, plan.runs[0], "active", fabricated.value(3.0) | {"detail": detail})
    build_report(plan, fabricated.reports)
    section = sections_of((fabricated.reports / "demo" / "index.html").read_text())["counts"]
    for text in ("ACTIVE", ">3<", ">0.5<", ">0.002<", ">250<"):
        assert text in section
    heights = [float(height) for height in re.findall(r'<rect class="\w+" [^>]*height="([\d.]+)"', section)]
    assert re.findall(r'<rect class="(\w+)"', section) == ["kept", "kept", "kept", "cut"]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == 22.0
    assert heights[3] == pytest.approx(22.0 * (1 - 3.301 / 6), abs=0.01)


@pytest.mark.parametrize("template", PAGES)
def test_a_template_refuses_to_leave_out_what_it_is_not_handed(template) -> None:
    with pytest.raises(UndefinedError):
        rendered(template, title="A page")


@pytest.mark.parametrize(
    ("counts", "gravest_one"),
    [({"ok": 3}, "ok"), ({"ok": 3, "collapsed": 1}, "collapsed"), ({"missing": 9, "failed": 1, "ok": 1}, "failed")],
)
def test_a_study_has_the_colour_of_its_gravest_outcome(counts, gravest_one) -> None:
    assert gravest(counts) == gravest_one


def test_pictures_speak_to_readers_who_cannot_see_them(page) -> None:
    pictures = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert len(pictures) == 2
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in pictures)


def test_identifiers_are_unique_over_all_figures(page) -> None:
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(names) == len(set(names))


def test_text_from_studies_and_records_is_escaped(page) -> None:
    assert "Is it <U>-shaped & why?" in page.text
    assert "All <numbers>" in page.text
    assert "<numbers>" not in page.source


def test_the_page_tells_where_its_numbers_come_from(page) -> None:
    for fact in ("abc123def456", "2.15.0", "A processor", "d1" * 32, "2027-01-15", "none (generated)", "measured here"):
        assert fact in page.text, fact
    assert "Heusel et al. (2017)" in page.text
    assert "1 min 15 s over 6 runs" in page.text


def test_an_inlined_figure_follows_the_readers_scheme_and_keeps_its_shapes() -> None:
    text = (
        '<?xml version="1.0"?>\n<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="10pt" height="5pt" '
        'viewBox="0 0 10 5" xmlns="http://www.w3.org/2000/svg" version="1.1">\n<metadata>x</metadata>'
        '<g id="a" style="fill: #ffffff"/><use xlink:href="#a" clip-path="url(#a)" style="stroke: #0072b2"/>'
        "<text style=\"font: 9px Inter, 'Helvetica Neue', Arial, sans-serif\">hi</text></svg>"
    )
    inlined = inline_svg(text, name="one", label='a "b" & c')
    root = ElementTree.fromstring(inlined)
    assert (root.get("aria-label"), root.get("viewBox"), root.get("width")) == ('a "b" & c', "0 0 10 5", None)
    assert "metadata" not in inlined
    assert 'id="one-a"' in inlined
    assert 'xlink:href="#one-a"' in inlined
    assert "url(#one-a)" in inlined
    assert "fill: var(--paper)" in inlined
    assert "stroke: var(--series-0)" in inlined
    assert "font: 9px var(--sans)" in inlined
