"""What became of every run and of every metric wanted of it, read from the run folders alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from latentdim.datasets.prepared import description, refusal_of
from latentdim.datasets.spec import DatasetSpec
from latentdim.plan.plan import Plan, Run
from latentdim.records.fingerprint import fingerprint
from latentdim.records.folder import RunFolder, State, Status, state_of
from latentdim.study.requested_metrics import RequestedMetric
from latentdim.system.files import read_json


@dataclass(frozen=True)
class Measurement:
    """One wanted metric of one run.

    Attributes:
        value: the number, or None where there is none; never NaN.
        settled: nothing that runs again would change it.
    """

    wanted: RequestedMetric
    status: Status
    reason: str
    value: float | None = None
    n: int | None = None
    spread: float | None = None
    settled: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one run.

    Attributes:
        status: as in the record, or ``stale``, ``missing`` or an inferred end.
        record: the record, where one is finished (also a stale one).
        settled: nothing that runs again would change the run itself.
        running: a process holds the run right now.
    """

    run: Run
    status: Status
    reason: str
    record: dict[str, Any] | None = None
    settled: bool = False
    running: bool = False
    measurements: tuple[Measurement, ...] = ()

    @property
    def complete(self) -> bool:
        """The run and all that is wanted of it are there."""
        return self.settled and all(measurement.settled for measurement in self.measurements)


@dataclass(frozen=True)
class Source:
    """What is known of a dataset now: why it can't be had, and the digest of what is prepared."""

    absent: str = ""
    refused: str = ""
    digest: str | None = None
    changed: bool = False

    @classmethod
    def of(cls, spec: DatasetSpec, plan: Plan) -> Source:
        """Read the dataset's state."""
        prepared = description(spec.folder(plan.results))
        absent = " ".join(plan.absent.get(spec.name, ()))
        changed = prepared is not None and not absent and prepared.get("fingerprint") != spec.look.fingerprint
        return cls(absent, refusal_of(spec, plan.results) or "", (prepared or {}).get("digest"), changed)


def outcomes(plan: Plan) -> list[Outcome]:
    """The outcome of every run of the plan, in its order."""
    sources = {name: Source.of(spec, plan) for name, spec in plan.datasets.items()}
    return [outcome_of(run, RunFolder(plan.folder(run)), sources[run.cell.dataset.name]) for run in plan.runs]


def outcome_of(run: Run, folder: RunFolder, source: Source) -> Outcome:
    """The outcome of one run."""
    state = _state(folder)
    if source.refused:
        outcome = Outcome(run, Status.FAILED, f"data refused: {source.refused}")
    elif _is_finished(state.record):
        outcome = _finished(run, state, source)
    else:
        outcome = _unfinished(run, state, source)
    return replace(outcome, measurements=tuple(_measurements(outcome, folder)))


def _state(folder: RunFolder) -> State:
    """The state; a record that can't be read costs its run, not the report."""
    try:
        return state_of(folder)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return State(Status.FAILED, f"the run's files can't be read: {error}")


def _is_finished(record: dict[str, Any] | None) -> bool:
    return record is not None and Status(record["status"]).finished


def _unfinished(run: Run, state: State, source: Source) -> Outcome:
    if state.running:
        return Outcome(run, Status.MISSING, _progress(state.progress), running=True)
    if source.absent:
        return Outcome(run, Status.MISSING, source.absent)
    return Outcome(run, state.status, state.reason, state.record)


def _finished(run: Run, state: State, source: Source) -> Outcome:
    record = state.record or {}
    status, reason = Status(record["status"]), str(record.get("reason", ""))
    outdated, returns = _outdated(run, record, source)
    if not outdated:
        return Outcome(run, status, reason, record, settled=True, running=state.running)
    was = "" if status is Status.OK else f" (was {status}: {reason})"
    return Outcome(run, Status.STALE, outdated + was, record, settled=not returns, running=state.running)


def _outdated(run: Run, record: dict[str, Any], source: Source) -> tuple[str, bool]:
    """Why a finished run no longer stands for the data and code as they are, and whether it will be done again."""
    digest = record.get("data", {}).get("digest")
    if source.changed or (source.digest and digest and digest != source.digest):
        return "the data have changed since", True
    then, now = record.get("source", {}).get("fingerprint"), fingerprint(run.cell.method)
    if then and now and then != now:
        return "the method's code has changed since, at the same declared version", False
    return "", False


def _progress(beat: dict[str, Any] | None) -> str:
    if not beat or "step" not in beat:
        return "running now"
    return f"running now: step {beat['step']} of {beat['steps']}"


def _measurements(outcome: Outcome, folder: RunFolder) -> Iterator[Measurement]:
    for wanted in outcome.run.cell.wanted:
        blank = Measurement(wanted, outcome.status, outcome.reason)
        if outcome.status in {Status.OK, Status.COLLAPSED, Status.STALE}:
            yield _measured(blank, read_json(folder.metric(wanted.file)))
        else:
            yield replace(blank, settled=outcome.status is Status.DIVERGED)


def _measured(blank: Measurement, found: Any) -> Measurement:
    """A metric of a run that has a model, from its file's content."""
    if not isinstance(found, dict):
        return replace(blank, status=Status.MISSING, reason="trained, but not measured yet")
    value = found.get("value")
    if found.get("status") == "ok" and isinstance(value, int | float) and math.isfinite(value):
        warning = str((found.get("detail") or {}).get("warning", ""))
        return replace(
            blank, value=float(value), n=found.get("n"), spread=found.get("spread"), settled=True,
            reason="; ".join(filter(None, [blank.reason, warning])),
        )  # fmt: skip
    refused = found.get("status") == "refused"
    reason = f"{'not measured' if refused else 'measuring failed'}: {found.get('reason') or 'no finite value'}"
    if blank.status is Status.OK:
        return replace(blank, status=Status.FAILED, reason=reason, settled=refused)
    return replace(blank, reason=f"{blank.reason}; {reason}", settled=refused)
