"""The long table: one row for each run and wanted metric, which every table and figure is a query over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from latentdim.outcomes.outcomes import Measurement, Outcome, outcomes
from latentdim.outcomes.wording import reason_of
from latentdim.plan.plan import Plan
from latentdim.system.files import write_text

COLUMNS = (
    "study", "dataset", "method", "label", "control", "network", "dim", "seed", "key", "protocol", "metric", "axes",
    "value", "n", "spread", "status", "reason", "path", "true_dim",
)  # fmt: skip


def long_table(plan: Plan, read: Sequence[Outcome] | None = None) -> pd.DataFrame:
    """One row for each run and metric wanted of it, in the plan's order.

    A run without a value has its row too, with its status and reason; ``value`` is then NaN. Every row with status
    ``ok`` has a value. ``network`` is the name of the protocol's network, empty where the method uses none.

    Args:
        plan: whose runs; the run folders are read anew.
        read: their outcomes, where they have been read already.
    """
    rows = [
        _row(plan, outcome, measurement)
        for outcome in (outcomes(plan) if read is None else read)
        for measurement in outcome.measurements
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    types = {"dim": "int64", "seed": "int64", "control": "bool", "value": "float64", "spread": "float64"}
    return table.astype(types | {"n": "Int64", "true_dim": "Int64"})


def _row(plan: Plan, outcome: Outcome, measurement: Measurement) -> dict[str, object]:
    run, cell = outcome.run, outcome.run.cell
    return {
        "study": plan.name,
        "dataset": cell.dataset.name,
        "method": cell.method.name,
        "label": cell.label,
        "control": cell.method.control,
        "network": cell.network.name if cell.network else "",
        "dim": run.dim,
        "seed": run.seed,
        "key": cell.key,
        "protocol": cell.protocol.name,
        "metric": measurement.requested.metric.name,
        "axes": measurement.requested.axes or "",
        "value": measurement.value,
        "n": measurement.n,
        "spread": measurement.spread,
        "status": str(measurement.status),
        "reason": reason_of(measurement),
        "path": run.path,
        "true_dim": cell.dataset.true_dim,
    }


def write_long_table(table: pd.DataFrame, path: Path) -> None:
    """Write the table as CSV: every digit of a value, and nothing where there is none."""
    write_text(path, table.to_csv(index=False, na_rep="", lineterminator="\n"))
