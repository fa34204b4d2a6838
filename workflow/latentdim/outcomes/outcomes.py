"""What became of every run and of every metric asked of it, read from the run folders alone.

Whether a run is done has one answer, :attr:`Outcome.done`: jobs train and measure what isn't, stamps stand for what
is, ``status`` and the report count it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from latentdim.outcomes.source import Source
from latentdim.plan.inception_place import is_at_hand
from latentdim.plan.plan import Plan
from latentdim.plan.run import Run
from latentdim.plan.search import Search
from latentdim.records.fingerprint import fingerprint
from latentdim.records.floor import Floor
from latentdim.records.folder import RunFolder
from latentdim.records.metric_files import read_metric
from latentdim.records.record import Record
from latentdim.records.state import State, hindered, state_of
from latentdim.records.status import Kind, Reason, Status
from latentdim.records.weights import WeightsRefused, reported_weights, undecided
from latentdim.searches.replay import Progress
from latentdim.study.requested_metrics import RequestedMetric


@dataclass(frozen=True)
class Measurement:
    """One requested metric of one run.

    Attributes:
        reason: the metric's own; None where there is nothing to say beyond the run's.
        of_run: the run's reason, which it inherits.
        value: the number, or None where there is none; never NaN.
        spread: of a single run's estimate.
        floor: of the metric, where its file tells one.
        detail: whatever else its file keeps.
        settled: nothing that runs again, here and now, would change it.
    """

    requested: RequestedMetric
    status: Status
    reason: Reason | None = None
    of_run: Reason | None = None
    value: float | None = None
    n: int | None = None
    spread: float | None = None
    floor: Floor | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    settled: bool = False

    @property
    def at_floor(self) -> bool:
        """Its value can't be told from what the metric gives where there is nothing to find."""
        return self.value is not None and self.floor is not None and self.floor.reaches(self.value)

    @property
    def refused(self) -> bool:
        """The metric has no meaning there."""
        return self.reason is not None and self.reason.kind is Kind.METRIC_REFUSED


@dataclass(frozen=True)
class Outcome:
    """What became of one run.

    Attributes:
        status: as in the record, or ``stale``, ``missing`` or an inferred end.
        record: the record, where one is finished (also a stale one).
        settled: nothing that runs again would change the run itself.
        has_stored: what it stores for exhibits lies there, or it has no model to make that with.
        running: a process holds the run right now.
        progress: the newest heartbeat of a running one.
    """

    run: Run
    status: Status
    reason: Reason | None = None
    record: Record | None = None
    settled: bool = False
    has_stored: bool = False
    running: bool = False
    progress: dict[str, Any] | None = None
    measurements: tuple[Measurement, ...] = ()

    @property
    def done(self) -> bool:
        """The run, its examples and all that is asked of it are there; bringing it up to date changes nothing.

        A run is done again where its data changed; where the method's code changed at one version it is only marked.
        """
        return self.settled and self.has_stored and not self.unmeasured

    @property
    def done_for_now(self) -> bool:
        """Done, but for timings that another run disturbed, which the next invocation takes again."""
        postponed = [one.requested for one in self.measurements if one.reason and one.reason.kind is Kind.POSTPONED]
        return self.settled and self.has_stored and self.unmeasured == postponed

    def value_of(self, requested: RequestedMetric) -> float | None:
        """A metric's value; infinite where the run will never have one, and None where it isn't known yet."""
        measurement = next(one for one in self.measurements if one.requested.file == requested.file)
        if not self.settled or not measurement.settled or measurement.status is Status.MISSING:
            return None
        return math.inf if measurement.value is None else measurement.value

    @property
    def unmeasured(self) -> list[RequestedMetric]:
        """The metrics still to measure: those without a file, and those that a bug kept from a value."""
        return [measurement.requested for measurement in self.measurements if not measurement.settled]


def outcomes(plan: Plan) -> list[Outcome]:
    """The outcome of every run that the plan lists, and of those that its searches have asked for so far."""
    sources = {name: Source.of(spec, plan) for name, spec in plan.datasets.items()}
    read: dict[str, Outcome] = {}

    def outcome_at(run: Run) -> Outcome:
        if run.path not in read:
            read[run.path] = outcome_of(run, RunFolder(plan.folder(run)), sources[run.cell.dataset.name])
        return read[run.path]

    for run in plan.listed:
        outcome_at(run)
    for search in plan.searches:
        asked_for(search, outcome_at)
    return list(read.values())


def asked_for(search: Search, outcome_at: Callable[[Run], Outcome]) -> Progress:
    """How far a search gets with what its runs left; the outcome of each run that it asks for is looked up."""
    values: dict[int, float] = {}
    while (progress := search.progress(values)).next is not None:
        value = outcome_at(search.at(progress.next)).value_of(search.metric)
        if value is None:
            break
        values[progress.next] = value
    return progress


def outcome_of(run: Run, folder: RunFolder, source: Source, *, leased: bool = False) -> Outcome:
    """The outcome of one run.

    Args:
        leased: the caller itself holds the run.
    """
    state = state_of(folder, leased=leased)
    if refusal := source.refused_to(run):
        outcome = Outcome(run, Status.FAILED, Reason(Kind.DATA_REFUSED, refusal))
    elif state.record is not None and state.record.status.finished:
        outcome = _finished(run, state, state.record, source)
    elif source.absent and not state.running:
        outcome = Outcome(run, Status.MISSING, Reason(Kind.DATA_ABSENT, source.absent))
    elif run.cell.untrainable and not state.running:
        outcome = Outcome(run, Status.MISSING, Reason(Kind.WEIGHTS_ABSENT, run.cell.untrainable))
    else:
        record = None if state.running else state.record
        outcome = Outcome(run, state.status, state.reason, record, running=state.running, progress=state.progress)
    has_stored = not outcome.status.has_model or has_what_it_stores(run, folder)
    return replace(
        outcome,
        has_stored=has_stored,
        measurements=measurements(run, folder, status=outcome.status, reason=outcome.reason),
    )


def has_what_it_stores(run: Run, folder: RunFolder) -> bool:
    """Whether what a trained run stores for exhibits lies there, or can't be had because their weights weren't kept."""
    if all(folder.stored(one.file).exists() for one in run.stored):
        return True
    evaluation = run.cell.protocol.evaluation
    try:
        if not undecided(evaluation, folder):
            reported_weights(evaluation, folder)
        return False
    except WeightsRefused:
        return True


def _finished(run: Run, state: State, record: Record, source: Source) -> Outcome:
    outdated = _outdated(run, record, source)
    if outdated is None:
        status, reason = record.status, state.reason
    else:
        replaced = None if record.status is Status.OK else (record.status, record.reason)
        status, reason = Status.STALE, Reason(outdated, replaced=replaced)
    settled = outdated is not Kind.DATA_CHANGED
    return Outcome(run, status, reason, record, settled=settled, running=state.running, progress=state.progress)


def _outdated(run: Run, record: Record, source: Source) -> Kind | None:
    """Why a finished run no longer stands for the data and code as they are."""
    digest = (source.prepared or {}).get("digest")
    if source.changed or (digest and record.data.digest != digest):
        return Kind.DATA_CHANGED
    then, now = record.source.fingerprint, fingerprint(run.cell.method, run.cell.network)
    return Kind.CODE_CHANGED if then and now and then != now else None


def measurements(
    run: Run, folder: RunFolder, *, status: Status, reason: Reason | None = None
) -> tuple[Measurement, ...]:
    """The requested metrics of a run that ended so, each from its file, in the order of the request."""
    blank = [Measurement(requested, status, of_run=reason) for requested in run.cell.metrics]
    if not status.has_model:
        return tuple(replace(one, settled=status is Status.DIVERGED) for one in blank)
    contents = [read_metric(folder, one.requested) for one in blank]
    why_not = hindered(folder) if None in contents else ""
    return tuple(_measured(one, content, why_not) for one, content in zip(blank, contents, strict=True))


def _measured(blank: Measurement, content: dict[str, Any] | None, why_not: str) -> Measurement:
    """A metric of a run that has a model, from its file's content, or why there is none."""
    if content is None:
        return replace(blank, status=Status.MISSING, reason=Reason(Kind.NOT_MEASURED, why_not), of_run=None)
    if content.get("status") == "absent":  # filled once the weights are there, be it years later
        lacking = Reason(Kind.WEIGHTS_ABSENT, str(content.get("reason")))
        return replace(blank, status=Status.MISSING, reason=lacking, of_run=None, settled=not is_at_hand())
    if content.get("status") == "postponed":  # timed again by the next invocation
        lacking = Reason(Kind.POSTPONED, str(content.get("reason")))
        return replace(blank, status=Status.MISSING, reason=lacking, of_run=None)
    value = content.get("value")
    if content.get("status") == "ok" and isinstance(value, int | float) and math.isfinite(value):
        detail, floor = content.get("detail") or {}, content.get("floor")
        measured = Measurement(
            blank.requested, blank.status, of_run=blank.of_run, value=float(value), n=content.get("n"),
            spread=content.get("spread"), floor=Floor(**floor) if floor else None, detail=detail, settled=True,
        )  # fmt: skip
        remark = _remark(measured)
        return measured if remark is None else replace(measured, reason=remark)
    refused = content.get("status") == "refused"
    reason = Reason(
        Kind.METRIC_REFUSED if refused else Kind.METRIC_FAILED, str(content.get("reason") or "no finite value")
    )
    status = Status.FAILED if blank.status is Status.OK else blank.status
    return replace(blank, status=status, reason=reason, settled=refused)


def _remark(measured: Measurement) -> Reason | None:
    """What a reader of a value should know: that it is at its floor, and what the metric itself warns of."""
    warning = str(measured.detail.get("warning", ""))
    if measured.at_floor and measured.floor:
        texts = [f"no better than {measured.floor.of}", warning]
        return Reason(Kind.AT_FLOOR, "; ".join(filter(None, texts)))
    return Reason(Kind.WARNING, warning) if warning else None
