"""The parts of a study's page that show results: completeness, findings, exhibits with their protocol."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from latentdim.exhibits.context import Drawn
from latentdim.exhibits.printed_protocol import Field, PrintedProtocol, printed_protocol
from latentdim.outcomes.completeness import Completeness
from latentdim.report.findings import Finding
from latentdim.report.inline import inline_svg
from latentdim.study.file import ExhibitEntry

SHORT = 12  # so many reasons are shown at once; more are folded


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


def banner(found: Completeness, undefined: Sequence[str]) -> str:
    """How much is there, as a bar and in words, every reason why something isn't, and what can't be measured."""
    counts = {name: (count, name.replace("_", " ")) for name, count in found.counts.items()}
    bar = "".join(f'<span class="{name}" style="flex-grow: {count}"></span>' for name, (count, _) in counts.items())
    chips = "".join(
        f'<li><span class="status {name}">{spoken}</span> {count}</li>' for name, (count, spoken) in counts.items()
    )
    reasons = [_reason(reason.text, "; ".join(reason.where)) for reason in found.reasons]
    reasons += [_reason(f"not drawn: {reason}", name) for name, reason in found.exhibits]
    listed = "" if not reasons else (
        f"<details{' open' if len(reasons) <= SHORT else ''}><summary>What is missing or marked, and why</summary>"
        f'<ul class="reasons">{"".join(reasons)}</ul></details>'
    )  # fmt: skip
    notes = "".join(f"<li>{escape(sentence)}.</li>" for sentence in undefined)
    listed += f'<ul class="notes">{notes}</ul>' if notes else ""
    return (
        f'<section id="completeness" class="banner {"complete" if found.complete else "incomplete"}">'
        f'<h2>{escape(found.sentence())}</h2><div class="bar" aria-hidden="true">{bar}</div>'
        f'<ul class="chips">{chips}</ul>{listed}</section>'
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
    lines = "".join(
        f"<li><b>{escape(finding.who)}</b>{''.join(f'<p>{prose(text)}</p>' for text in finding.sentences)}</li>"
        for finding in found
    )
    return f'<section id="findings"><h2>Findings {tag("measured here")}</h2><ul class="findings">{lines}</ul></section>'


def prose(text: str) -> str:
    """Text for a paragraph: escaped, with ``L = 8`` and ``1 ± 2`` kept on one line."""
    return re.sub(r" ([=±]) ", "\u00a0\\1\u00a0", escape(text))


def tag(text: str) -> str:
    """A small label beside a heading."""
    return f'<span class="tag">{escape(text)}</span>'


def exhibit_section(shown: Shown) -> str:
    """One exhibit: heading, figure or table, caption, notes, protocol, files."""
    name = escape(shown.entry.name)
    heading = f"<h2>{escape(shown.title)} {tag('measured here')}</h2>"
    files = " ".join(f'<a href="{escape(path.name)}">{escape(path.suffix[1:])}</a>' for path in shown.files)
    if shown.drawn is None:
        body = f'<p class="placeholder">Not drawn. {escape(shown.problem)}</p>'
        return f'<section id="{name}" class="exhibit">{heading}{body}</section>'
    drawn = shown.drawn
    notes = "".join(f"<li>{prose(note)}</li>" for note in drawn.notes)
    listed = f'<ul class="notes">{notes}</ul>' if notes else ""
    caption = f'<figcaption>{prose(drawn.caption)} <span class="files">Files: {files}</span>{listed}</figcaption>'
    figure = f"<figure>{_body(shown, drawn)}{caption}</figure>"
    protocol = protocol_block(printed_protocol(drawn.cells, drawn.metrics, drawn.fields))
    return f'<section id="{name}" class="exhibit">{heading}{figure}{protocol}</section>'


def _body(shown: Shown, drawn: Drawn) -> str:
    if drawn.table is not None:
        return drawn.table.html
    picture = shown.file(".svg")
    if picture is None:
        return ""
    svg = inline_svg(picture.read_text(encoding="utf-8"), name=shown.entry.name, label=drawn.alt or drawn.caption)
    return f'<div class="scroll figure" tabindex="0">{svg}</div>'


def protocol_block(printed: PrintedProtocol) -> str:
    """Both halves of the protocol, the methods' settings, and where cells differ."""
    rows = [(f"Data, {name}", escape(text)) for name, text in printed.data.items()]
    for title, fields in (("Training", printed.training), ("Evaluation", printed.evaluation)):
        shared = "".join(_field(field.name, next(iter(field.values))) for field in fields if field.shared)
        if shared:
            rows.append((title, f'<ul class="fields">{shared}</ul>'))
        differing = "".join(_differing(field) for field in fields if not field.shared)
        if differing:
            rows.append((f"{title}, differing", f'<ul class="differing">{differing}</ul>'))
    rows += [(label, escape(text)) for label, text in printed.settings.items() if text]
    rows += [(f"Not used by {label}", escape(", ".join(names))) for label, names in printed.unused.items()]
    listed = "".join(f"<div><dt>{escape(title)}</dt><dd>{text}</dd></div>" for title, text in rows)
    names = f" {escape(', '.join(printed.names))}" if printed.names else ""
    return (
        f'<aside class="protocol" aria-label="Protocol"><h3>Protocol<span>{names}</span></h3><dl>{listed}</dl></aside>'
    )


def _field(name: str, value: str) -> str:
    return f"<li><span>{escape(name)}</span> {escape(value)}</li>"


def _differing(field: Field) -> str:
    values = "; ".join(
        f'{escape(value)} <span class="where">{escape(", ".join(where))}</span>'
        for value, where in field.values.items()
    )
    return f"<li><span>{escape(field.name)}</span> {values}</li>"
