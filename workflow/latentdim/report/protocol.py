"""The protocol on a study's page: once for all exhibits, and beneath each only what differs."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from latentdim.exhibits.context import Drawn
from latentdim.exhibits.printed_protocol import Field, PrintedProtocol, printed_protocol
from latentdim.exhibits.protocol_difference import what_differs
from latentdim.plan.plan import Plan

LINK = '<a href="#protocol">page\'s protocol</a>'


def study_protocol(plan: Plan, drawn: Iterable[Drawn]) -> PrintedProtocol:
    """The protocol of all cells, with every field that counts for a metric or for anything drawn."""
    metrics = {requested.metric.name for cell in plan.cells for requested in cell.metrics}
    return printed_protocol(plan.cells, metrics, {name for one in drawn for name in one.fields})


def own_protocol(plan: Plan, drawn: Drawn, whole: PrintedProtocol) -> PrintedProtocol:
    """What of an exhibit's protocol isn't the same for the whole study."""
    here = printed_protocol(drawn.cells, drawn.metrics, drawn.fields)
    return what_differs(here, whole, cells=drawn.cells, all_cells=plan.cells)


def protocol_section(printed: PrintedProtocol) -> str:
    """The whole study's protocol."""
    names = escape(", ".join(printed.names))
    return (
        f'<section id="protocol"><h2>Protocol <small>{names}</small></h2>'
        f'<div class="protocol">{_rows(printed)}</div></section>'
    )


def protocol_aside(printed: PrintedProtocol) -> str:
    """What stands beneath an exhibit."""
    rows = _rows(printed)
    told = f"Of the {LINK}, what isn't the same for all exhibits:" if rows else f"Protocol: the {LINK}."
    return f'<aside class="protocol" aria-label="Protocol"><p>{told}</p>{rows}</aside>'


def _rows(printed: PrintedProtocol) -> str:
    """Both halves of a protocol, the methods' settings, and where cells differ; empty where there is nothing."""
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
    return f"<dl>{listed}</dl>" if listed else ""


def _field(name: str, value: str) -> str:
    return f"<li><span>{escape(name)}</span> {escape(value)}</li>"


def _differing(field: Field) -> str:
    values = "; ".join(
        f'{escape(value)} <span class="where">{escape(", ".join(where))}</span>'
        for value, where in field.values.items()
    )
    return f"<li><span>{escape(field.name)}</span> {values}</li>"
