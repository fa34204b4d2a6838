"""The parts of a study's page that show results: completeness, findings, exhibits with their protocol."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from latentdim.exhibits.context import Drawn
from latentdim.outcomes.completeness import Completeness
from latentdim.records.status import Status
from latentdim.report.findings import Finding
from latentdim.report.inline import inline_svg
from latentdim.study.file import ExhibitEntry
from latentdim.tables.html import html

GRAVEST_FIRST = (
    Status.FAILED, Status.OUT_OF_MEMORY, Status.TIMED_OUT, Status.DIVERGED, Status.MISSING, Status.STALE,
    Status.COLLAPSED,
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """One exhibit of a report.

    Attributes:
        kind: title of its kind, where the study gives the exhibit none.
        files: its files, in the order of its declaration.
        drawn: what it says of itself; None where it couldn't be drawn.
        problem: why it couldn't.
        broken: a bug was the reason.
    """

    entry: ExhibitEntry
    kind: str
    files: tuple[Path, ...]
    drawn: Drawn | None = None
    problem: str = ""
    broken: bool = False

    @property
    def title(self) -> str:
        """Its heading."""
        return self.entry.title or self.kind or self.entry.name

    def file(self, ending: str) -> Path | None:
        """Its file with that ending, if it has one."""
        return next((path for path in self.files if path.suffix == ending), None)


def outcome_bar(counts: Mapping[str, int]) -> str:
    """Runs by status as a bar; its words stand beside it."""
    parts = "".join(f'<span class="{name}" style="flex-grow: {count}"></span>' for name, count in counts.items())
    return f'<div class="bar" aria-hidden="true">{parts}</div>'


def gravest(counts: Mapping[str, int]) -> str:
    """The status that colours a whole study: the gravest one that any of its runs has."""
    return next((status for status in GRAVEST_FIRST if counts.get(status)), Status.OK)


def banner(found: Completeness, undefined: Sequence[str]) -> str:
    """How much is there, as a bar and in words, every reason why something isn't, and what can't be measured."""
    chips = "".join(
        f'<li><span class="status {name}">{name.replace("_", " ")}</span> {count}</li>'
        for name, count in found.counts.items()
    )
    reasons = [_reason(reason.text, "; ".join(reason.where)) for reason in found.reasons]
    reasons += [_reason(f"not drawn: {reason}", name) for name, reason in found.exhibits]
    reasons += [f"<li>{escape(sentence)}.</li>" for sentence in undefined]
    listed = "" if not reasons else (
        f"<details{'' if found.complete else ' open'}><summary>What is missing or marked, and why</summary>"
        f'<ul class="reasons">{"".join(reasons)}</ul></details>'
    )  # fmt: skip
    return (
        f'<section id="completeness" class="banner {gravest(found.counts)}"><h2>{escape(found.sentence())}</h2>'
        f'{outcome_bar(found.counts)}<ul class="chips">{chips}</ul>{listed}</section>'
    )


def _reason(text: str, where: str) -> str:
    """``status: reason``, with the runs that it holds for."""
    status, _, rest = text.partition(": ")
    chip = f'<span class="status {status.replace(" ", "_")}">{escape(status)}</span>'
    return f'<li>{chip} {escape(rest)} <span class="where">{escape(where)}</span></li>'


def findings_section(found: Sequence[Finding]) -> str:
    """The headline findings; none where no record carries any."""
    if not found:
        return ""
    lines = "".join(f"<li><b>{escape(one.who)}</b>{''.join(map(_paragraph, one.texts))}</li>" for one in found)
    return f'<section id="findings"><h2>Findings {tag("measured here")}</h2><ul class="findings">{lines}</ul></section>'


def _paragraph(text: str) -> str:
    return f"<p>{prose(text)}</p>"


def lead_section(figure: str, findings: str) -> str:
    """The first figure with the findings beside it; either alone where the other isn't there."""
    return f'<div class="lead">{figure}{findings}</div>' if figure and findings else figure + findings


def prose(text: str) -> str:
    """Text for a paragraph: escaped, with ``L = 8`` and ``1 ± 2`` kept on one line."""
    return re.sub(r" ([=±]) ", "\u00a0\\1\u00a0", escape(text))


def tag(text: str) -> str:
    """A small label beside a heading."""
    return f'<span class="tag">{escape(text)}</span>'


def exhibit_section(shown: Shown, protocol: str = "") -> str:
    """One exhibit: heading, figure or table, caption, notes, files.

    Args:
        protocol: what stands beneath it about its protocol, as HTML.
    """
    name = escape(shown.entry.name)
    heading = f"<h2>{escape(shown.title)} {tag('measured here')}</h2>"
    files = " ".join(f'<a href="{escape(path.name)}">{escape(path.suffix[1:])}</a>' for path in shown.files)
    if shown.drawn is None:
        body = f'<p class="placeholder">Not drawn. {escape(shown.problem)}</p>'
        return f'<section id="{name}" class="exhibit">{heading}{body}</section>'
    drawn = shown.drawn
    notes = "".join(f"<li>{prose(note)}</li>" for note in (*drawn.notes, *study_notes(drawn)))
    listed = f'<ul class="notes">{notes}</ul>' if notes else ""
    caption = f'<figcaption>{prose(drawn.caption)} <span class="files">Files: {files}</span>{listed}</figcaption>'
    figure = f"<figure>{_body(shown, drawn)}{caption}</figure>"
    return f'<section id="{name}" class="exhibit">{heading}{figure}{protocol}</section>'


def study_notes(drawn: Drawn) -> list[str]:
    """What the study says that a reader of these cells must know; in a table it stands in the footnotes."""
    places: dict[str, dict[str, None]] = {}
    for cell in drawn.cells if drawn.table is None else ():
        if cell.note:
            places.setdefault(cell.note.rstrip("."), {})[f"{cell.dataset.name} {cell.label}"] = None
    return [f"{note} ({', '.join(where)})." for note, where in places.items()]


def _body(shown: Shown, drawn: Drawn) -> str:
    if drawn.table is not None:
        return html(drawn.table)
    picture = shown.file(".svg")
    if picture is None:
        return ""
    svg = inline_svg(picture.read_text(encoding="utf-8"), name=shown.entry.name, label=drawn.alt or drawn.caption)
    return f'<div class="scroll figure" tabindex="0">{svg}</div>'
