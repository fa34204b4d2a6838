"""The list of all studies that have a report."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from latentdim.report.page import document
from latentdim.system.files import read_json, write_text

METRICS = "metrics.md"
WANTED = ("study", "title", "sentence", "complete")


def build_index(reports: Path) -> Path:
    """Write ``index.html`` beside the studies' folders; a folder without a readable summary is left out.

    Returns:
        The file written.
    """
    found = [read_json(path) for path in sorted(reports.glob("*/summary.json"))]
    studies = [item for item in found if isinstance(item, dict) and all(name in item for name in WANTED)]
    cards = "".join(map(_card, studies)) or "<p>No study has a report yet.</p>"
    question = "How many latent dimensions does an autoencoder need?"
    header = f'<p class="kicker">latentdim</p><h1>Reports</h1><p class="question">{question}</p>'
    if (reports / METRICS).exists():
        header += f'<p><a href="{METRICS}">Metrics: what each is, and what it was checked against</a></p>'
    footer = "Each report is one file and needs no network."
    write_text(
        reports / "index.html", document("latentdim: reports", header, f'<div class="cards">{cards}</div>', footer)
    )
    return reports / "index.html"


def _card(study: dict[str, Any]) -> str:
    name = escape(str(study["study"]))
    state = "complete" if study["complete"] else "incomplete"
    finding = next(iter(study.get("findings", ())), "")
    date = f" · {escape(str(study['newest']))}" if study.get("newest") else ""
    return (
        f'<article class="banner {state}"><h2><a href="{name}/index.html">{escape(str(study["title"]))}</a></h2>'
        f'<p class="about">{name}{date}</p><p>{escape(str(study["sentence"]))}</p>'
        f"{f'<p>{escape(str(finding))}</p>' if finding else ''}</article>"
    )
