"""The lists of studies that have a report: those that are published, and all others.

Published studies are those whose long table is kept in the repository. Their list is kept there too, so trying another
study leaves it alone; the others stand in a list of their own, which isn't.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from latentdim.outcomes.published import PUBLISHED
from latentdim.report.papers import ListedReport, listed_reports, over_the_dimension
from latentdim.report.rendering import rendered
from latentdim.system.files import read_json, write_text

METRICS, METHODS = "metrics.md", "methods.md"
PAGES = {
    METHODS: "Methods: what the papers print of them, and what of it runs here",
    METRICS: "Metrics: what each is, and what it was checked against",
}
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
    studies = _summaries(reports)
    ours = published_summaries(reports, published)
    others = [one for one in studies if one not in ours]
    links = {page: text for page, text in PAGES.items() if (reports / page).exists()}
    papers = listed_reports(ours)
    _write(reports / INDEX, _page("Reports", ours, links, papers))
    if others or (reports / OTHERS).exists():
        _write(reports / OTHERS, _page("Reports that aren't published", others, {INDEX: "Published reports"}))
    return reports / INDEX


def published_summaries(reports: Path, published: Path = PUBLISHED) -> list[dict[str, Any]]:
    """The summaries of those studies whose long table is kept in the repository."""
    return [one for one in _summaries(reports) if (published / f"{one['study']}.csv").exists()]


def _summaries(reports: Path) -> list[dict[str, Any]]:
    summaries = [read_json(path) for path in sorted(reports.glob("*/summary.json"))]
    return [one for one in summaries if isinstance(one, dict) and all(name in one for name in NEEDED)]


def _page(
    heading: str, studies: Sequence[dict[str, Any]], links: Mapping[str, str], papers: Sequence[ListedReport] = ()
) -> str:
    title = f"latentdim: {heading.lower()}"
    return rendered(
        "index.html", title=title, heading=heading, question=QUESTION, studies=studies, links=links, papers=papers,
        curves=list(over_the_dimension(papers)),
    )  # fmt: skip


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)
