"""A study's page: one file that needs no network, no script and no other file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from latentdim.outcomes.completeness import Completeness
from latentdim.outcomes.outcomes import Outcome
from latentdim.plan.plan import Plan
from latentdim.report.counts import counts_section
from latentdim.report.details import provenance_section, runs_section
from latentdim.report.findings import Finding
from latentdim.report.protocol import own_protocol, protocol_aside, protocol_section, study_protocol
from latentdim.report.provenance import Provenance
from latentdim.report.sections import Shown, banner, exhibit_section, findings_section, lead_section

STYLE = Path(__file__).with_name("page.css")
SCALES = {
    "paper": "at the papers' scale",
    "reduced": "at reduced scale, not to be read against the papers' numbers as equals",
}


def study_page(
    plan: Plan, *, outcomes: Sequence[Outcome], found: Completeness, told: Sequence[Finding], shown: Sequence[Shown],
    origin: Provenance,
) -> str:  # fmt: skip
    """The whole page as HTML."""
    study = plan.study
    first = next((item for item in shown if item.drawn and item.file(".svg")), None)
    others = [item for item in shown if item is not first]
    whole = study_protocol(plan, [item.drawn for item in shown if item.drawn])

    def section(item: Shown) -> str:
        return exhibit_section(item, protocol_aside(own_protocol(plan, item.drawn, whole)) if item.drawn else "")

    closing = [
        ("protocol", "Protocol", protocol_section(whole)),
        ("counts", "Counts", counts_section(plan, outcomes)),
        ("runs", "Runs", runs_section(plan, outcomes)),
        ("provenance", "Provenance", provenance_section(origin)),
    ]
    parts = [
        banner(found, plan.undefined),
        lead_section(section(first) if first else "", findings_section(told)),
        *map(section, others),
        *(text for _, _, text in closing),
    ]
    links = [(f"#{item.entry.name}", item.title) for item in ([first] if first else [])]
    links += [("#findings", "Findings")] if told else []
    links += [(f"#{item.entry.name}", item.title) for item in others]
    links += [(f"#{name}", title) for name, title, text in closing if text]
    contents = "".join(f'<a href="{escape(link)}">{escape(text)}</a>' for link, text in links)
    question = f'<p class="question">{escape(study.question)}</p>' if study.question else ""
    about = " · ".join(text for text in (f"study {plan.name}", SCALES[study.scale], origin.newest) if text)
    header = (
        f'<p class="kicker">latentdim</p><h1>{escape(study.title)}</h1>{question}<p class="about">{escape(about)}</p>'
    )
    footer = (
        "Every number on this page was read from the records of runs made here. "
        'All of them, one a row: <a href="long.csv">long.csv</a>.'
    )
    return document(study.title, f'{header}<nav aria-label="Contents">{contents}</nav>', "".join(parts), footer)


def document(title: str, header: str, body: str, footer: str) -> str:
    """A complete HTML file around its parts."""
    css = STYLE.read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{css}</style>\n</head>\n<body>\n<header>{header}</header>\n"
        f"<main>{body}</main>\n<footer><p>{footer}</p></footer>\n</body>\n</html>\n"
    )
