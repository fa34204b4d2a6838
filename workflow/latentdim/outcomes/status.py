"""What is done, running, failed or missing, as text and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from latentdim.outcomes.outcomes import Outcome, outcomes
from latentdim.outcomes.wording import worded
from latentdim.plan.plan import Plan
from latentdim.records.status import Kind, Status
from latentdim.system.counting import counted


def states(plan: Plan) -> dict[str, Any]:
    """The state of every run, as a report would show it, with the metrics to measure and how far a running one is."""
    rows = [_row(outcome) for outcome in outcomes(plan)]
    counts = Counter("running" if row["running"] else row["status"] for row in rows)
    return {"study": plan.name, "counts": dict(sorted(counts.items())), "total": len(rows), "runs": rows}


def _row(outcome: Outcome) -> dict[str, Any]:
    run = outcome.run
    lacking = [requested.file for requested in outcome.unmeasured] if outcome.settled else []
    return {
        "run": run.path, "title": run.title, "status": str(outcome.status), "reason": worded(outcome.reason),
        "kind": str(outcome.reason.kind) if outcome.reason else "", "done": outcome.done, "running": outcome.running,
        "metrics_missing": lacking, "metrics_without_value": list(_without_value(outcome)),
        "examples_missing": outcome.settled and not outcome.has_examples,
        "progress": outcome.progress if outcome.running else None,
    }  # fmt: skip


def _without_value(outcome: Outcome) -> Iterator[dict[str, str]]:
    """The metrics that were tried on a trained run and gave none; a failed one is tried again, a refused one isn't."""
    how = {Kind.METRIC_REFUSED: "refused", Kind.METRIC_FAILED: "failed"}
    for measurement in outcome.measurements:
        reason = measurement.reason
        if reason and reason.kind in how:
            yield {"file": measurement.requested.file, "how": how[reason.kind], "reason": reason.detail}


def as_text(states: dict[str, Any]) -> str:
    """A line of counts, every run that isn't simply done, then why metrics were refused or failed."""
    counts = "  ".join(f"{count} {name}" for name, count in states["counts"].items())
    lines = [f"{states['study']}: {counts}  of {states['total']}"]
    for row in states["runs"]:
        if row["running"]:
            lines.append(f"  running   {row['title']}{_progress(row['progress'])}")
        elif row["status"] != Status.OK or not row["done"]:
            lines.append(f"  {row['status']:9} {row['title']}  {_to_do(row) or row['reason']}")
    reasons = Counter((one["how"], one["reason"]) for row in states["runs"] for one in row["metrics_without_value"])
    lines += [f"  {counted(count, 'metric')} {how}: {reason}" for (how, reason), count in reasons.items()]
    return "\n".join(lines)


def _to_do(row: dict[str, Any]) -> str:
    """What a run that is trained still lacks."""
    metrics = len(row["metrics_missing"])
    lacking = [f"{counted(metrics, 'metric')} to measure"] if metrics else []
    return ", ".join([*lacking, "examples to draw"] if row["examples_missing"] else lacking)


def _progress(beat: dict[str, Any] | None) -> str:
    if not beat:
        return "  starting"
    loss = "" if beat["loss"] is None else f"  loss {beat['loss']:.4g}"
    minutes, seconds = divmod(int(beat["seconds_left"]), 60)
    place = f"epoch {beat['epoch']}/{beat['epochs']}  step {beat['step']}/{beat['steps']}"
    return f"  {place}{loss}  {minutes}:{seconds:02d} left"
