"""The parts of a study's page for those who check: every run, and where the numbers come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from latentdim.exhibits.context import titled
from latentdim.outcomes.outcomes import Outcome
from latentdim.outcomes.wording import worded
from latentdim.plan.plan import Plan
from latentdim.report.provenance import Provenance, duration
from latentdim.system.counting import counted


def runs_section(plan: Plan, outcomes: Sequence[Outcome]) -> str:
    """Every run with its status, in the plan's order."""
    rows = "".join(_run(plan, outcome) for outcome in outcomes)
    headings = (
        '<th scope="col">dataset</th><th scope="col">method</th><th scope="col" class="number">L</th>'
        '<th scope="col" class="number">seed</th><th scope="col">status</th><th scope="col" class="number">active</th>'
        '<th scope="col" class="number">training</th><th scope="col">reason</th><th scope="col">folder</th>'
    )
    table = f'<table class="runs"><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table>'
    return (
        f'<section id="runs"><h2>Runs</h2><details><summary>All {len(outcomes)} runs and their status</summary>'
        f'<div class="scroll" tabindex="0">{table}</div></details></section>'
    )


def _run(plan: Plan, outcome: Outcome) -> str:
    run, record = outcome.run, outcome.record
    seconds = record.timing.train_seconds if record else None
    active = record.active if record else None
    status = "running" if outcome.running and outcome.record is None else str(outcome.status)
    cells = [
        ("name", escape(run.cell.dataset.name)),
        ("name", escape(titled(plan, run.cell.label))),
        ("number", str(run.dim)),
        ("number", str(run.seed)),
        ("", f'<span class="status {outcome.status}">{escape(status.replace("_", " "))}</span>'),
        ("number", "" if active is None else str(active)),
        ("number", "" if seconds is None else duration(seconds)),
        ("reason", escape(worded(outcome.reason))),
        ("folder", f"<code>{escape(run.path).replace('/', '/<wbr>')}</code>"),
    ]
    return "<tr>" + "".join(f'<td class="{kind}">{text}</td>' for kind, text in cells) + "</tr>"


def provenance_section(provenance: Provenance) -> str:
    """Versions, hardware, times, data, licences and references."""
    blocks = [
        f"<h3>Environment and time</h3><dl>{_pairs(_environment(provenance) | dict(provenance.times))}</dl>",
        f"<h3>Data</h3>{''.join(_data(provenance))}",
        f'<h3>References</h3><ul class="references">{"".join(_references(provenance))}</ul>',
    ]
    if provenance.notes:
        notes = "".join(
            f"<li>{escape(note)} ({counted(count, 'run')})</li>" for note, count in provenance.notes.items()
        )
        blocks.append(f"<h3>Notes in the records</h3><ul>{notes}</ul>")
    return f'<section id="provenance"><h2>Provenance</h2>{"".join(blocks)}</section>'


def _environment(provenance: Provenance) -> dict[str, str]:
    """A fact with one value as it is; with several, each with its number of runs."""
    return {
        name: next(iter(values))
        if len(values) == 1
        else "; ".join(f"{v} ({counted(n, 'run')})" for v, n in values.items())
        for name, values in provenance.environment.items()
    }


def _pairs(values: Mapping[str, str]) -> str:
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in values.items())


def _data(provenance: Provenance) -> list[str]:
    blocks = []
    for data in provenance.data:
        facts = {
            "kind": data.title,
            "size": data.facts,
            "contents": data.contents,
            "true dimension": "" if data.true_dim is None else str(data.true_dim),
            "source": data.source,
            "licence": data.licence,
            "citation": data.citation,
            "credits": data.credits,
            "sha256 of the prepared arrays": "; ".join(data.digests) or "not prepared",
        }
        pairs = _pairs({name: text for name, text in facts.items() if text})
        blocks.append(f'<div class="data"><h4>{escape(data.name)}</h4><dl>{pairs}</dl></div>')
    return blocks


def _references(provenance: Provenance) -> list[str]:
    return [f"<li><b>{escape(name)}</b> {escape(source)}</li>" for name, source in provenance.references]
