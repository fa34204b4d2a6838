"""A study's long table with the machines that made it, to be kept in the repository beside the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from latentdim.outcomes.long_table import long_table, write_long_table
from latentdim.outcomes.outcomes import Outcome
from latentdim.plan.plan import Plan

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
