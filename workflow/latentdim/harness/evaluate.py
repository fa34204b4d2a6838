"""Measuring a trained model: each requested metric that has no file yet, and the rule that tells a collapse."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from latentdim.harness.contract import contract_change, reason_of
from latentdim.metrics.active.measure import chosen_axes
from latentdim.metrics.collapse import collapse_reason
from latentdim.metrics.context import (
    DeviceShared,
    Measured,
    MetricContext,
    MetricRefused,
    MetricUnavailable,
    WeightsAbsent,
)
from latentdim.nets.draws import Draws
from latentdim.nets.latent import LatentModel, UnknownExamples
from latentdim.plan.run import Run
from latentdim.records.folder import RunFolder
from latentdim.records.record import Record
from latentdim.registry.declarations import resolve
from latentdim.study.evaluation import Evaluation
from latentdim.study.judged import JUDGED
from latentdim.study.requested_metrics import RequestedMetric
from latentdim.system.files import write_json
from latentdim.system.problems import CodeBroken, NotWritten
from latentdim.training.data import Data
from latentdim.training.progress import say

NoValue = Literal["refused", "failed", "absent", "postponed"]


def draws_of(names: tuple[str | int, ...], device: torch.device) -> Callable[[str], Draws]:
    """Evaluation's draws by purpose: fresh each time, so that a new metric never changes another's numbers."""
    return lambda name: Draws.named(*names, "evaluation", name, device=device)


@torch.no_grad()
def judge_collapse(
    model: LatentModel, data: Data, names: tuple[str | int, ...], device: torch.device
) -> tuple[int, str | None]:
    """The method's own count of active dimensions, and why the model counts as collapsed, or None."""
    active = int(model.active().sum())
    context = MetricContext(model, data, JUDGED, None, draws_of(names, device), {})
    return active, collapse_reason(context, active)


@torch.no_grad()
def measure(
    model: LatentModel, data: Data, run: Run, folder: RunFolder, metrics: Iterable[RequestedMetric],
    device: torch.device, *, evaluation: Evaluation, record: Record | None, shared: dict[str, Tensor],
    cache: Path | None = None,
) -> None:  # fmt: skip
    """Measure and write each metric; a bug in one doesn't cost the others.

    Args:
        evaluation: how; the metrics' files are named for it.
        record: the run's, for metrics of what its training cost; None while it is trained.
        shared: what several metrics use, computed once; also holds what was worked out for the run's pictures.
        cache: folder for what the metrics of all runs share; None keeps nothing.
    """
    draws = draws_of(run.names, device)
    content_of_record = record.content() if record else {}
    axes: dict[str, Tensor | None] = {}
    for item in metrics:
        try:
            if item.axes and item.axes not in axes:
                axes[item.axes] = chosen_axes(model, data, evaluation, item.axes, draws, shared=shared)
            chosen = axes[item.axes] if item.axes else None
            context = MetricContext(model, data, evaluation, chosen, draws, shared, content_of_record, cache)
            content = _content(resolve(item.metric.function)(context))
        except (MetricRefused, UnknownExamples) as refusal:
            content = without_value("refused", str(refusal))
        except MetricUnavailable as lack:
            say(f"metric {item.metric.name} of {run.title} can't be had: {lack}")
            content = without_value(how_it_lacks(lack), str(lack))
        except (Exception, SystemExit) as error:  # a bug in one metric: told in its file and log, the others go on
            reason = reason_of(error)
            bug = not isinstance(error, CodeBroken | NotWritten) and contract_change(error) is None
            say(f"metric {item.metric.name} of {run.title} failed:\n{traceback.format_exc() if bug else reason}")
            content = without_value("failed", reason)
        write_metric(folder, item, evaluation, content)


def write_metric(folder: RunFolder, item: RequestedMetric, evaluation: Evaluation, content: dict[str, Any]) -> None:
    """Write a metric's file: its content, and what it is of."""
    about = {"metric": item.metric.name, "axes": item.axes, "version": item.metric.version}
    write_json(folder.metric(item.file), content | about | {"evaluation": evaluation.model_dump(mode="json")})


def how_it_lacks(lack: MetricUnavailable) -> NoValue:
    """What a metric's file says of what can't be had: a failure, weights that aren't here, or a timing put off."""
    if isinstance(lack, DeviceShared):
        return "postponed"
    return "absent" if isinstance(lack, WeightsAbsent) else "failed"


def without_value(status: NoValue, reason: str) -> dict[str, Any]:
    """The content of a metric that has no value."""
    return {"status": status, "value": None, "reason": reason}


def _content(measured: Measured) -> dict[str, Any]:
    if not math.isfinite(measured.value):
        return without_value("failed", f"the value is {measured.value}, which is never a result")
    return {
        "status": "ok", "value": measured.value, "n": measured.n, "spread": measured.spread,
        "floor": measured.floor.content() if measured.floor else None, "detail": measured.detail, "reason": "",
    }  # fmt: skip
