"""A study's long table with the machines that made it, kept in the repository beside the report; and read back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from latentdim.outcomes.long_table import long_table, read_long_table, write_long_table
from latentdim.outcomes.outcomes import Measurement, Outcome
from latentdim.plan.plan import Plan
from latentdim.plan.run import Run
from latentdim.records.floor import Floor
from latentdim.records.status import Kind, Reason, Status
from latentdim.study.requested_metrics import RequestedMetric

PUBLISHED = Path("results/published")


def publish(plan: Plan, outcomes: Sequence[Outcome], into: Path) -> Path:
    """Write ``<into>/<study>.csv``: the long table, each row with the device, versions and seconds of its run.

    Runs that failed or are missing keep their rows, with status and reason.

    Returns:
        The file written.
    """
    table = long_table(plan, outcomes)
    machines = pd.DataFrame([{"path": outcome.run.path, **machine(outcome)} for outcome in outcomes])
    path = into / f"{plan.name}.csv"
    write_long_table(table.merge(machines, on="path", how="left", validate="many_to_one"), path)
    return path


def machine(outcome: Outcome) -> dict[str, object]:
    """Where, with what and how long a run was trained; empty where it left no record."""
    record = outcome.record
    return {
        "device": f"{record.device.kind} {record.device.name}" if record else "",
        "processor": record.host.cpu if record else "",
        "cores": record.host.cores if record else None,
        "threads": record.device.threads if record else None,
        "torch": record.versions.get("torch", "") if record else "",
        "commit": record.versions.get("commit", "") if record else "",
        "train_seconds": record.timing.train_seconds if record else None,
    }


def published_outcomes(plan: Plan, path: Path) -> list[Outcome]:
    """What a published table says of the plan's runs, as if their folders were here, without records and histories.

    A run that the table doesn't have is missing; one that a search might have asked for is left out.
    """
    rows: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    for row in read_long_table(path).to_dict("records"):
        rows.setdefault(row["path"], {})[row["metric"], row["axes"]] = {str(name): one for name, one in row.items()}
    listed = {run.path for run in plan.listed}
    return [_outcome(run, rows.get(run.path, {})) for run in plan.runs if run.path in listed | set(rows)]


def _outcome(run: Run, rows: Mapping[tuple[str, str], Mapping[str, Any]]) -> Outcome:
    if not rows:
        nothing = Reason(Kind.NOT_STARTED)
        blank = (Measurement(one, Status.MISSING, of_run=nothing) for one in run.cell.metrics)
        return Outcome(run, Status.MISSING, nothing, measurements=tuple(blank))
    first = next((row for row in rows.values() if not row["metric_reason"]), next(iter(rows.values())))
    measured = tuple(_measurement(one, rows.get((one.metric.name, one.axes or ""))) for one in run.cell.metrics)
    status = Status(first["status"])
    return Outcome(run, status, _reason(first["reason"]), settled=status.finished, measurements=measured)


def _measurement(requested: RequestedMetric, row: Mapping[str, Any] | None) -> Measurement:
    if row is None:
        return Measurement(requested, Status.MISSING, Reason(Kind.NOT_MEASURED))
    value, spread, floor = (None if math.isnan(row[name]) else row[name] for name in ("value", "spread", "floor"))
    reason = Reason(Kind.METRIC_REFUSED, row["metric_reason"]) if row["refused"] else _reason(row["metric_reason"])
    return Measurement(
        requested, Status(row["status"]), reason, _reason(row["reason"]), value, spread=spread,
        floor=None if floor is None else _floor(floor, value, reached=row["at_floor"]),
    )  # fmt: skip


def _floor(floor: float, value: float | None, *, reached: bool) -> Floor:
    """A floor that the value is at where the table says so, and else not."""
    above = 0.0 if value is None or not reached else max(value - floor, 0.0)
    return Floor(floor, "", math.nextafter(above, math.inf) if above else None)


def _reason(text: str) -> Reason | None:
    return Reason(Kind.RECORDED, text) if text else None
