"""The report for reading where HTML isn't rendered: the same parts, with the figures as linked files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from latentdim.claims.words import short
from latentdim.plan.plan import Plan
from latentdim.report.claims import ShownClaim
from latentdim.report.contents import Contents
from latentdim.report.exhibit_runs import runs_in_words
from latentdim.report.protocol import own_protocol, study_protocol
from latentdim.report.provenance import Provenance
from latentdim.report.scale import measured_here
from latentdim.report.shown import Shown
from latentdim.report.verdicts import EXPLAINED, Verdicts
from latentdim.tables.markdown import markdown, plain


def study_markdown(plan: Plan, contents: Contents) -> str:
    """The whole report as Markdown."""
    found, told, shown = contents.found, contents.told, contents.shown
    parts = [f"# {plain(plan.study.title)}", plain(plan.study.question), *_beside(contents.judged)]
    parts.append(f"**{plain(found.sentence())}**")
    parts.append(_list([reason.sentence for reason in found.reasons]))
    parts.append(_list([f"{sentence}." for sentence in (*plan.drawn_in_place, *plan.undefined)]))
    if told:
        parts += [f"## Findings ({measured_here(plan.study)})", _list([str(finding) for finding in told])]
    whole = study_protocol(plan, [item.drawn for item in shown if item.drawn])
    for item in shown:
        own = own_protocol(plan, item.drawn, whole).lines() if item.drawn else ()
        parts += _exhibit(item, own, measured_here(plan.study))
        if item.drawn and item.drawn.cells:
            parts.append(f"Runs: {plain(runs_in_words(item.drawn, contents.outcomes))}.")
    if contents.claims.shown:
        parts += [f"## Claims ({measured_here(plan.study)})", "\n".join(map(_claim, contents.claims.shown))]
    parts += ["## Protocol", _list(whole.lines()), "## Provenance", _list(list(_facts(contents.origin)))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _beside(judged: Verdicts | None) -> list[str]:
    if judged is None:
        return []
    told = [] if judged.problem else [markdown(judged.table()), plain(EXPLAINED)]
    return ["## Beside the paper", plain(judged.sentence()), *told]


def _exhibit(shown: Shown, protocol: Sequence[str], how: str) -> list[str]:
    heading = f"## {plain(shown.title)} ({how})"
    if shown.drawn is None:
        return [heading, f"Not drawn. {plain(shown.problem)}"]
    picture = shown.picture
    figure = f"![{plain(shown.drawn.alt)}]({picture.name})" if picture else ""
    body = markdown(shown.drawn.table) if shown.drawn.table else figure
    notes = _list(shown.notes)
    own = (
        f"Of the [protocol](#protocol), what isn't the same for all exhibits:\n\n{_list(protocol)}" if protocol else ""
    )
    return [heading, body, plain(shown.drawn.caption), notes, own]


def _claim(one: ShownClaim) -> str:
    """A list item with its end in bold, and the evidence below it."""
    entry, judged = one.judged.claim.entry, one.judged
    notes = "".join(f" Note: {plain(note)}." for note in judged.notes)
    rows = (
        f"  - {plain(f'{row.where}: {row.end}')}{f'. {plain(text)}' if (text := short(row)) else ''}"
        for row in judged.rows
    )
    return "\n".join([f"- **{judged.end}**: {plain(entry.text)} ({plain(entry.source)}){notes}", *rows])


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {plain(line)}" for line in lines)


def _facts(origin: Provenance) -> Iterator[str]:
    for name, values in origin.environment.items():
        yield f"{name}: {'; '.join(values)}"
    yield from (f"{name}: {text}" for name, text in origin.times.items())
    for data in origin.data:
        digest = f", sha256 {'; '.join(data.digests)}" if data.digests else ""
        credits = f"; {data.credits}" if data.credits else ""
        contents = f"; {data.contents}" if data.contents else ""
        yield f"{data.name}: {data.facts or data.title}{digest}; {data.licence}{credits}{contents}"
