"""The long table: one row for each run and wanted metric, for whoever reads the numbers outside of this suite."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from latentdim import registry
from latentdim.outcomes.outcomes import Measurement, Outcome, outcomes
from latentdim.outcomes.wording import worded
from latentdim.plan.plan import Plan
from latentdim.system.files import write_text

COLUMNS = (
    "study", "dataset", "method", "label", "control", "network", "dim", "seed", "key", "protocol", "metric", "axes",
    "value", "n", "spread", "floor", "at_floor", "refused", "status", "reason", "metric_reason", "path", "true_dim",
)  # fmt: skip
# Of the columns that aren't texts; the last three are of published tables, see outcomes/published.py.
TYPES = {
    "control": "bool", "dim": "int64", "seed": "int64", "value": "float64", "n": "Int64", "spread": "float64",
    "floor": "float64", "at_floor": "bool", "refused": "bool", "true_dim": "Int64",
    "cores": "Int64", "threads": "Int64", "train_seconds": "float64",
}  # fmt: skip


def long_table(plan: Plan, read: Sequence[Outcome] | None = None) -> pd.DataFrame:
    """One row for each run and metric wanted of it, in the plan's order.

    A run without a value has its row too, with its status and reason; ``value`` is then NaN. Every row with status
    ``ok`` has a value. ``network`` is the name of the protocol's network, empty where the method uses none; ``reason``
    is why the run stands as it does, ``metric_reason`` what the metric says beyond that, and ``refused``
    that it has no meaning there.

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
    return table.astype({name: kind for name, kind in TYPES.items() if name in COLUMNS})


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
        "floor": measurement.floor.value if measurement.floor else None,
        "at_floor": measurement.at_floor,
        "refused": measurement.refused,
        "status": str(measurement.status),
        "reason": worded(measurement.of_run),
        "metric_reason": worded(measurement.reason),
        "path": run.path,
        "true_dim": cell.dataset.true_dim,
    }


def write_long_table(table: pd.DataFrame, path: Path) -> None:
    """Write the table as CSV: every digit of a value, and nothing where there is none."""
    write_text(path, table.to_csv(index=False, na_rep="", lineterminator="\n"))


def read_long_table(path: Path) -> pd.DataFrame:
    """A long table as it was written, published ones and those of earlier versions too.

    Texts stay texts, a dataset named ``NA``, a label ``null`` and a key ``12e456789012`` included, and numbers are the
    same to the last digit. A metric that had another name stands under the present one.
    """
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    types = {name: kind for name, kind in TYPES.items() if name in table}
    for name, kind in types.items():
        table[name] = table[name] == "True" if kind == "bool" else [float(text or "nan") for text in table[name]]
    table["metric"] = table["metric"].replace(registry.renamed_metrics())
    return table.astype(types)
