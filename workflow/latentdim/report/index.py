"""The lists of studies that have a report: those that are published, and all others.

Published studies are those whose long table is kept in the repository. Their list is kept there too, so trying another
study leaves it alone; the others stand in a list of their own, which isn't.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from latentdim.outcomes.published import PUBLISHED
from latentdim.report.page import document
from latentdim.report.sections import gravest, outcome_bar
from latentdim.system.files import read_json, write_text

METRICS = "metrics.md"
INDEX, OTHERS = "index.html", "others.html"
NEEDED = ("study", "title", "sentence", "counts")
QUESTION = "How many latent dimensions does an autoencoder need?"


def build_index(reports: Path, published: Path = PUBLISHED) -> Path:
    """Write ``index.html`` beside the studies' folders, and ``others.html`` where there are studies for it.

    A folder without a readable summary is left out. Nothing is written that stays the same.

    Args:
        published: folder of the long tables kept in the repository.

    Returns:
        The list that holds the published studies.
    """
    summaries = [read_json(path) for path in sorted(reports.glob("*/summary.json"))]
    studies = [one for one in summaries if isinstance(one, dict) and all(name in one for name in NEEDED)]
    ours = [one for one in studies if (published / f"{one['study']}.csv").exists()]
    others = [one for one in studies if one not in ours]
    links = f'<p><a href="{METRICS}">Metrics: what each is, and what it was checked against</a></p>'
    _write(reports / INDEX, _page("Reports", ours, links if (reports / METRICS).exists() else ""))
    if others or (reports / OTHERS).exists():
        links = f'<p><a href="{INDEX}">Published reports</a></p>'
        _write(reports / OTHERS, _page("Reports that aren't published", others, links))
    return reports / INDEX


def _page(title: str, studies: Sequence[dict[str, Any]], links: str) -> str:
    cards = "".join(map(_card, studies)) or "<p>No study has a report yet.</p>"
    header = f'<p class="kicker">latentdim</p><h1>{title}</h1><p class="question">{QUESTION}</p>{links}'
    footer = "Each report is one file and needs no network."
    return document(f"latentdim: {title.lower()}", header, f'<div class="cards">{cards}</div>', footer)


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)


def _card(study: dict[str, Any]) -> str:
    name, counts = escape(str(study["study"])), study["counts"]
    finding = next(iter(study.get("findings", ())), "")
    date = f" · {escape(str(study['newest']))}" if study.get("newest") else ""
    return (
        f'<article class="banner {gravest(counts)}"><h2><a href="{name}/index.html">{escape(str(study["title"]))}</a>'
        f'</h2><p class="about">{name}{date}</p>{outcome_bar(counts)}<p>{escape(str(study["sentence"]))}</p>'
        f"{f'<p>{escape(str(finding))}</p>' if finding else ''}</article>"
    )
