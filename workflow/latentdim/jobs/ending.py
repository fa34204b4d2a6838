"""How an invocation of snakemake ends: counts and reasons of its studies, and whether a run failed. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentdim.outcomes.status import states
from latentdim.outcomes.troubles import NUMBER, first_of
from latentdim.plan.plan import Plan
from latentdim.records.status import Status
from latentdim.system.counting import counted


@dataclass(frozen=True)
class Ending:
    """What became of the studies, by what their reports show.

    Attributes:
        failed: a run or one of its metrics failed. Jobs end well where the reason is recorded, since trying again would
            be in vain; so the exit code of an invocation comes from here.
        lines: for each study counts and page, and below it what went wrong, like cases on one line.
    """

    failed: bool
    lines: tuple[str, ...]

    @classmethod
    def of(cls, plans: Iterable[Plan], *, reports: Path) -> Ending:
        """Read the outcomes of all runs."""
        summaries = [states(plan) for plan in plans]
        rows = [row for summary in summaries for row in summary["runs"]]
        return cls(any(map(_failed, rows)), tuple(line for summary in summaries for line in _told(summary, reports)))


def _failed(row: dict[str, Any]) -> bool:
    return row["status"] == Status.FAILED or bool(_failed_metrics(row))


def _failed_metrics(row: dict[str, Any]) -> list[str]:
    """Why metrics failed; one that is refused has no meaning there, which is no failure."""
    return [metric["reason"] for metric in row["metrics_without_value"] if metric["how"] == "failed"]


def _told(summary: dict[str, Any], reports: Path) -> list[str]:
    counts = ", ".join(f"{count} {name}" for name, count in summary["counts"].items())
    page = reports / summary["study"] / "index.html"
    wrong: dict[str, list[str]] = {}  # by what is left of them without their numbers
    for row in summary["runs"]:
        if row["status"] != Status.OK and row["reason"]:
            text = f"{row['status']}: {row['reason']}"
            wrong.setdefault(NUMBER.sub("#", text), []).append(text)
    reasons = [f"  {len(texts)} {first_of(texts)}" for texts in wrong.values()]
    metrics = Counter(reason for row in summary["runs"] for reason in _failed_metrics(row))
    reasons += [f"  {counted(count, 'metric')} failed: {reason}" for reason, count in metrics.items()]
    return [f"{summary['study']}: {counts} of {summary['total']} runs; see {page}", *reasons]
