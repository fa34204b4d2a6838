"""What is done, running, failed or missing, as text and as data."""

from __future__ import annotations

from collections import Counter
from typing import Any

from latentdim.datasets.prepared import refusal_of
from latentdim.files import read_json
from latentdim.plan import Plan, Run
from latentdim.records import RunFolder, Status, state_of


def states(plan: Plan) -> dict[str, Any]:
    """The state of every run: status, reason, metrics missing, and how far a running one is."""
    refused = {name: refusal_of(spec, plan.results) for name, spec in plan.datasets.items()}
    rows = [_row(plan, run, refused[run.cell.dataset.name]) for run in plan.runs]
    counts = Counter("running" if row["running"] else row["status"] for row in rows)
    return {"study": plan.name, "counts": dict(sorted(counts.items())), "total": len(rows), "runs": rows}


def _row(plan: Plan, run: Run, refusal: str | None) -> dict[str, Any]:
    folder = RunFolder(plan.folder(run))
    state = state_of(folder)
    status, reason = state.status, state.reason
    if run.cell.dataset.name in plan.absent:
        status, reason = Status.MISSING, " ".join(plan.absent[run.cell.dataset.name])
    elif refusal:
        status, reason = Status.FAILED, refusal
    lacking = (
        [w.file for w in run.cell.wanted if read_json(folder.metric(w.file)) is None]
        if status in {Status.OK, Status.COLLAPSED}
        else []
    )
    return {
        "run": run.path, "title": run.title, "status": str(status), "reason": reason, "running": state.running,
        "metrics_missing": lacking, "progress": state.progress if state.running else None,
    }  # fmt: skip


def as_text(found: dict[str, Any]) -> str:
    """A line of counts, then every run that isn't simply done."""
    counts = "  ".join(f"{count} {name}" for name, count in found["counts"].items())
    lines = [f"{found['study']}: {counts}  of {found['total']}"]
    for row in found["runs"]:
        if row["running"]:
            lines.append(f"  running   {row['title']}{_progress(row['progress'])}")
        elif row["status"] != Status.OK or row["metrics_missing"]:
            extra = f"{len(row['metrics_missing'])} metrics to measure" if row["metrics_missing"] else row["reason"]
            lines.append(f"  {row['status']:9} {row['title']}  {extra}")
    return "\n".join(lines)


def _progress(beat: dict[str, Any] | None) -> str:
    if not beat:
        return "  starting"
    loss = "" if beat["loss"] is None else f"  loss {beat['loss']:.4g}"
    minutes, seconds = divmod(int(beat["seconds_left"]), 60)
    place = f"epoch {beat['epoch']}/{beat['epochs']}  step {beat['step']}/{beat['steps']}"
    return f"  {place}{loss}  {minutes}:{seconds:02d} left"
