"""The protocol on a study's page: once for all exhibits, and beneath each only what differs."""

from __future__ import annotations

from collections.abc import Iterable

from latentdim.exhibits.context import Drawn
from latentdim.exhibits.printed_protocol import PrintedProtocol, printed_protocol
from latentdim.exhibits.protocol_difference import what_differs
from latentdim.plan.plan import Plan


def study_protocol(plan: Plan, drawn: Iterable[Drawn]) -> PrintedProtocol:
    """The protocol of all cells, with every field that counts for a metric or for anything drawn."""
    metrics = {requested.metric.name for cell in plan.cells for requested in cell.metrics}
    return printed_protocol(plan.cells, metrics, {name for one in drawn for name in one.fields}, runs=plan.listed)


def own_protocol(plan: Plan, drawn: Drawn, whole: PrintedProtocol) -> PrintedProtocol:
    """What of an exhibit's protocol isn't the same for the whole study."""
    here = printed_protocol(drawn.cells, drawn.metrics, drawn.fields, runs=drawn.runs)
    return what_differs(here, whole, cells=drawn.cells, all_cells=plan.cells, runs=drawn.runs)
