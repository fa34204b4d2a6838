"""What is done, running, failed or missing, and what is left to do, as text and as data."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from latentdim.outcomes.durations import Durations
from latentdim.outcomes.outcomes import Outcome, outcomes
from latentdim.outcomes.places import listed
from latentdim.outcomes.queue import QueuedJob
from latentdim.outcomes.searches import SearchOutcome, search_outcomes
from latentdim.outcomes.troubles import Trouble, alike
from latentdim.outcomes.wording import worded
from latentdim.plan.plan import Plan
from latentdim.records.status import Kind, Status
from latentdim.system.counting import counted
from latentdim.system.files import write_text

PLACES = 4  # of runs that are alike, named at most
MOST_JOBS = 6  # likewise
# What no job could do anything about.
BEYOND_REACH = {Kind.DATA_ABSENT, Kind.DATA_REFUSED, Kind.RECORD_REFUSED, Kind.WEIGHTS_ABSENT}
# What may be done about stale runs.
ADVICE = {
    Kind.CODE_CHANGED: "raise `version` in the declaration of the method, or of its network, to have them trained "
    "again, or restore the code",
    Kind.DATA_CHANGED: "the next run trains them again",
}


def states(plan: Plan, queue: Sequence[QueuedJob] = ()) -> dict[str, Any]:
    """The state of every run, as a report would show it, with the metrics to measure and how far a running one is.

    Args:
        queue: the study's jobs that Slurm has.
    """
    read = outcomes(plan)
    durations = Durations.of(read)
    rows = [_row(outcome) for outcome in read]
    counts = Counter("running" if row["running"] else row["status"] for row in rows)
    return {
        "study": plan.name, "counts": dict(sorted(counts.items())), "total": len(rows),
        "done": sum(row["done"] for row in rows), "left": _left(read, durations), "runs": rows,
        "gpu_hours": round(durations.gpu_hours, 2), "queue": [asdict(job) for job in queue],
        "searches": [_search(one) for one in search_outcomes(plan, read)],
    }  # fmt: skip


def _search(outcome: SearchOutcome) -> dict[str, Any]:
    progress = outcome.progress
    return {
        "title": outcome.search.title, "asked": list(progress.asked), "next": progress.next,
        "settled": progress.settled, "trainings": outcome.trainings, "train_seconds": round(outcome.seconds, 1),
        "not_asked_for": list(outcome.not_asked_for), "sentence": outcome.sentence(),
    }  # fmt: skip


def _left(read: Sequence[Outcome], durations: Durations) -> dict[str, float]:
    """What is to be trained still, by the plan's estimate, and how long the slowest of the running runs says it takes.

    Runs that are trained and lack a metric are left out: the estimate is of whole runs. Of GPU hours those are told
    whose like took some already, by what they took.
    """
    waiting = [outcome for outcome in read if not (outcome.settled or outcome.running or outcome.done)]
    waiting = [outcome for outcome in waiting if not (outcome.reason and outcome.reason.kind in BEYOND_REACH)]
    minutes = sum(outcome.run.cell.minutes(outcome.run.dim) for outcome in waiting)
    likely = ((one.run, durations.typical(one.run, "cuda")) for one in waiting)
    gpu = sum(run.cell.minutes(run.dim) * ratio for run, ratio in likely if ratio is not None) / 60.0
    beats = [(outcome.progress or {}).get("seconds_left", 0.0) for outcome in read if outcome.running]
    return {
        "runs": len(waiting), "core_minutes": round(minutes, 1), "gpu_hours": round(gpu, 2),
        "running_seconds": max(beats, default=0.0),
    }  # fmt: skip


def _row(outcome: Outcome) -> dict[str, Any]:
    run = outcome.run
    lacking = [requested.file for requested in outcome.unmeasured] if outcome.settled else []
    return {
        "run": run.path, "title": run.title, "dataset": run.cell.dataset.name, "label": run.cell.label, "dim": run.dim,
        "seed": run.seed, "status": str(outcome.status), "reason": worded(outcome.reason),
        "kind": str(outcome.reason.kind) if outcome.reason else "", "done": outcome.done, "running": outcome.running,
        "metrics_missing": lacking, "metrics_without_value": list(_without_value(outcome)),
        "examples_missing": outcome.settled and not outcome.has_stored,
        "progress": outcome.progress if outcome.running else None,
    }  # fmt: skip


def _without_value(outcome: Outcome) -> Iterator[dict[str, str]]:
    """The metrics that were tried on a trained run and gave none.

    A failed one is tried again, and so is a disturbed timing; a refused one isn't, and one that lacks weights is once
    they are there.
    """
    how = {
        Kind.METRIC_REFUSED: "refused", Kind.METRIC_FAILED: "failed",
        Kind.WEIGHTS_ABSENT: "missing", Kind.POSTPONED: "missing",
    }  # fmt: skip
    for measurement in outcome.measurements:
        reason = measurement.reason
        if reason and reason.kind in how:
            yield {"file": measurement.requested.file, "how": how[reason.kind], "reason": reason.detail}


def as_text(states: dict[str, Any]) -> str:
    """A line of counts, every running run, the others that aren't simply done, alike ones on one line; what is left."""
    counts = "  ".join(f"{count} {name}" for name, count in states["counts"].items())
    lines = [f"{states['study']}: {counts}  of {states['total']}"]
    lines += [f"  running   {row['title']}{_progress(row['progress'])}" for row in states["runs"] if row["running"]]
    lines += _folded([row for row in states["runs"] if not row["running"]])
    reasons = Counter((one["how"], one["reason"]) for row in states["runs"] for one in row["metrics_without_value"])
    lines += [f"  {counted(count, 'metric')} {how}: {reason}" for (how, reason), count in reasons.items()]
    lines += [f"  search    {search['sentence']}" for search in states["searches"]]
    lines += _queued(states["queue"])
    if states["gpu_hours"]:
        lines.append(f"  used      {states['gpu_hours']:g} GPU hours")
    return "\n".join([*lines, *_left_in_words(states["left"])])


def write_page(path: Path, text: str, *, seconds: float) -> None:
    """Write a status as a page of its own.

    Args:
        seconds: after which a browser reads it again; 0 for never.
    """
    again = f'<meta http-equiv="refresh" content="{seconds:g}">' if seconds else ""
    title = escape(text.partition("\n")[0])
    told = f"<p>{time.strftime('%Y-%m-%d %H:%M:%S')}</p>"
    head = f'<!doctype html><html lang="en"><meta charset="utf-8">{again}<title>{title}</title>'
    write_text(path, f"{head}{told}<pre>{escape(text)}</pre></html>\n")


def _queued(queue: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A line for each state and reason of Slurm's, with the jobs."""
    alike: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for job in queue:
        alike.setdefault((job["state"], job["reason"]), []).append(job)
    for (state, reason), jobs in alike.items():
        why = "" if reason == "None" else f", {reason}"
        numbers = ", ".join([job["job"] for job in jobs[:MOST_JOBS]] + ["…"] * (len(jobs) > MOST_JOBS))
        runs = counted(sum(job["runs"] for job in jobs), "run")
        yield f"  slurm     {counted(len(jobs), 'job')} {state.lower()}{why}, with {runs} ({numbers})"


def _folded(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A line for each status and reason, with the first places that it holds for; reasons may differ in numbers."""
    troubles: dict[str, list[Trouble]] = {}
    advice: dict[str, str] = {}
    for row in rows:
        if row["status"] != Status.OK or not row["done"]:
            place = (row["dataset"], row["label"], row["dim"], row["seed"])
            trouble = Trouble(*place, Status(row["status"]), _still(row))
            advice[alike(trouble)] = ADVICE.get(row["kind"], "")
            troubles.setdefault(alike(trouble), []).append(trouble)
    for kind, those in troubles.items():
        cells: dict[tuple[str, str, int], list[int]] = {}
        for one in those:
            cells.setdefault((one.dataset, one.label, one.dim), []).append(one.seed)
        places = listed(cells)
        more = [f"{len(places) - PLACES} more"] if len(places) > PLACES else []
        differ = "; the others but for the numbers" if len({one.reason for one in those}) > 1 else ""
        where = "; ".join([*places[:PLACES], *more])
        cure = f"; {advice[kind]}" if advice[kind] else ""
        yield f"  {those[0].status:9} {counted(len(those), 'run')}: {those[0].reason}{differ} ({where}){cure}"


def _left_in_words(left: dict[str, float]) -> Iterator[str]:
    if left["runs"]:
        minutes = counted(max(1, round(left["core_minutes"])), "core minute")
        gpu = f", {left['gpu_hours']:g} GPU hours by what like ones took" if left["gpu_hours"] else ""
        yield f"  left      {counted(int(left['runs']), 'run')} to train, about {minutes} by the plan's estimate{gpu}"
    if left["running_seconds"]:
        yield f"  left      {_clock(left['running_seconds'])} until the last of the running ones is trained"


def _still(row: dict[str, Any]) -> str:
    """Why a run stands as it does; of one that is trained what it lacks, and of a stale one both."""
    to_do = _to_do(row)
    why = row["reason"] if row["kind"] in ADVICE or not to_do else ""
    return ", ".join(filter(None, (why, to_do)))


def _to_do(row: dict[str, Any]) -> str:
    """What a run that is trained still lacks."""
    metrics = len(row["metrics_missing"])
    lacking = [f"{counted(metrics, 'metric')} to measure"] if metrics else []
    return ", ".join([*lacking, "examples to draw"] if row["examples_missing"] else lacking)


def _progress(beat: dict[str, Any] | None) -> str:
    if not beat:
        return "  starting"
    loss = "" if beat["loss"] is None else f"  loss {beat['loss']:.4g}"
    place = f"epoch {beat['epoch']}/{beat['epochs']}  step {beat['step']}/{beat['steps']}"
    return f"  {place}{loss}  {_clock(beat['seconds_left'])} left"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
