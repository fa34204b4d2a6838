"""What is done, running, failed or missing, as text and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from latentdim.outcomes.outcomes import Outcome, outcomes
from latentdim.plan.plan import Plan
from latentdim.records.folder import RunFolder, Status
from latentdim.system.counting import counted
from latentdim.system.files import read_json


def states(plan: Plan) -> dict[str, Any]:
    """The state of every run, as a report would show it, with the metrics to measure and how far a running one is."""
    rows = [_row(plan, outcome) for outcome in outcomes(plan)]
    counts = Counter("running" if row["running"] else row["status"] for row in rows)
    return {"study": plan.name, "counts": dict(sorted(counts.items())), "total": len(rows), "runs": rows}


def _row(plan: Plan, outcome: Outcome) -> dict[str, Any]:
    run = outcome.run
    lacking = [m.wanted.file for m in outcome.measurements if not m.settled] if outcome.settled else []
    return {
        "run": run.path, "title": run.title, "status": str(outcome.status), "reason": outcome.reason,
        "running": outcome.running, "metrics_missing": lacking, "metrics_without_value": list(_without_value(outcome)),
        "progress": read_json(RunFolder(plan.folder(run)).progress) if outcome.running else None,
    }  # fmt: skip


def _without_value(outcome: Outcome) -> Iterator[dict[str, str]]:
    """The metrics that were tried on a trained run and gave none; a failed one is tried again, a refused one isn't."""
    if outcome.status not in {Status.OK, Status.COLLAPSED, Status.STALE}:
        return
    for measurement in outcome.measurements:
        if measurement.value is None and measurement.status is not Status.MISSING:
            reason = measurement.reason.removeprefix(f"{outcome.reason}; ").partition(": ")[2]
            how = "refused" if measurement.settled else "failed"
            yield {"file": measurement.wanted.file, "how": how, "reason": reason}


def as_text(found: dict[str, Any]) -> str:
    """A line of counts, every run that isn't simply done, then why metrics were refused or failed."""
    counts = "  ".join(f"{count} {name}" for name, count in found["counts"].items())
    lines = [f"{found['study']}: {counts}  of {found['total']}"]
    for row in found["runs"]:
        if row["running"]:
            lines.append(f"  running   {row['title']}{_progress(row['progress'])}")
        elif row["status"] != Status.OK or row["metrics_missing"]:
            lacking = len(row["metrics_missing"])
            extra = f"{counted(lacking, 'metric')} to measure" if lacking else row["reason"]
            lines.append(f"  {row['status']:9} {row['title']}  {extra}")
    reasons = Counter((one["how"], one["reason"]) for row in found["runs"] for one in row["metrics_without_value"])
    lines += [f"  {counted(count, 'metric')} {how}: {reason}" for (how, reason), count in reasons.items()]
    return "\n".join(lines)


def _progress(beat: dict[str, Any] | None) -> str:
    if not beat:
        return "  starting"
    loss = "" if beat["loss"] is None else f"  loss {beat['loss']:.4g}"
    minutes, seconds = divmod(int(beat["seconds_left"]), 60)
    place = f"epoch {beat['epoch']}/{beat['epochs']}  step {beat['step']}/{beat['steps']}"
    return f"  {place}{loss}  {minutes}:{seconds:02d} left"
