"""What a user wrote stands in the Markdown as it was written, read by a parser of CommonMark."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from latentdim.report.build import build_report
from latentdim.tables.markdown import plain

ODD = "a*b* <b>c</b> `d` $e_1$ f_g_ [h](i) j|k &lt; #1 \\l ~~m~~"
TEXTS = [ODD, "1. one", "- two", "+ three", "# four #", "> five", "---", "===", "12) six", "1.5 of 2", "-",
         "![seven](x.svg)"]  # fmt: skip


def shown(markdown: str) -> str:
    """The text that a reader sees, pictures' words included; markup and raw HTML leave none."""
    parser = MarkdownIt("gfm-like", {"linkify": False}).enable("table")
    tokens = [one for block in parser.parse(markdown) for one in [block, *(block.children or [])]]
    assert not [one.content for one in tokens if one.type.startswith("html") and "b>" in one.content]
    children = [inside for one in tokens for inside in [one, *((one.children or []) if one.type == "image" else [])]]
    return "".join(one.content if one.type in {"text", "text_special"} else "\n" for one in children)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("place", ["{}", "# {}", "- {}", "![{}](x.svg)", "| {} |\n| --- |\n| {} |"])
def test_text_is_taken_literally_wherever_it_stands(text: str, place: str) -> None:
    lines = shown(place.replace("{}", plain(text))).splitlines()
    assert text in "".join(lines) if "![" in place else text in lines
    assert plain(text).count("\\$") == text.count("$")


def test_a_line_break_becomes_a_space() -> None:
    assert plain("one\n\n  two\n") == "one two"


def test_labels_titles_and_notes_stand_as_they_are_written(fabricated, run_at) -> None:
    """In headings, figures' words and captions, tables, notes, the protocol's lists and what isn't defined."""
    odd = {
        "title": f"Title {ODD}", "question": f"Question {ODD}", "metrics": ["active", "mig"],
        "grid": [{"datasets": ["digits", "synthetic_8"], "methods": {"vae": {}}, "dims": [4], "label": ODD,
                  "note": f"Note {ODD}"}],
        "exhibits": [
            {"kind": "results", "name": "r", "title": f"Table {ODD}"},
            {"kind": "curve", "name": "c", "title": f"Curve {ODD}",
             "options": {"datasets": ["digits"], "left": {"metric": "active", "curves": [{"label": ODD}]}}},
        ],
    }  # fmt: skip
    plan = fabricated.plan(**odd)
    fabricated.finish(plan, plan.runs[0], {"active": 2, "mig": 0.5}, status="failed", reason=f"Reason {ODD}")
    build_report(plan, fabricated.reports)
    folder = fabricated.reports / "demo"
    for file, least in (("index.md", 10), ("r.md", 4)):
        text = (folder / file).read_text(encoding="utf-8")
        assert ODD not in text
        assert shown(text).count(ODD) == text.count(plain(ODD)) >= least
