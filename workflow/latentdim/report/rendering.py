"""The report's pages: templates with the style and the script inside, so that each page is one file."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from latentdim.exhibits.context import titled
from latentdim.outcomes.wording import worded
from latentdim.plan.plan import Plan
from latentdim.report.exhibit_runs import runs_in_words
from latentdim.report.protocol import own_protocol
from latentdim.report.provenance import duration
from latentdim.report.scale import measured_here
from latentdim.report.shown import gravest
from latentdim.system.counting import counted
from latentdim.tables.html import html
from latentdim.tables.templates import environment

HERE = Path(__file__).parent


def rendered(template: str, **values: Any) -> str:
    """A template of the report as a whole page.

    Raises:
        jinja2.UndefinedError: if the template uses a name that isn't among the values.
    """
    files = {"style": "page.css", "script": "page.js"}
    inside = {name: Markup((HERE / file).read_text(encoding="utf-8")) for name, file in files.items()}
    return _pages().get_template(template).render(**inside, **values) + "\n"


@cache
def _pages() -> Environment:
    pages = environment(HERE / "templates")
    pages.filters |= {
        "breakable": _breakable, "counted": counted, "duration": duration, "gravest": gravest, "html": html,
        "measured_here": measured_here, "own_protocol": lambda drawn, plan, whole: own_protocol(plan, drawn, whole),
        "prose": prose, "runs_in_words": runs_in_words, "titled": _titled, "worded": worded,
    }  # fmt: skip
    return pages


def prose(text: str) -> Markup:
    """Text for a paragraph: escaped, with ``L = 8`` and ``1 ± 2`` kept on one line."""
    return Markup(re.sub(r" ([=±]) ", "\u00a0\\1\u00a0", str(escape(text))))


def _titled(label: str, plan: Plan) -> str:
    return titled(plan, label)


def _breakable(path: str) -> Markup:
    """A path that may go on in the next line after each folder."""
    return Markup(str(escape(path)).replace("/", "/<wbr>"))
