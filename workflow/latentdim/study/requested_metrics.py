"""Metrics as cells ask for them, and which evaluation fields they depend on. Free of torch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from latentdim import registry
from latentdim.registry.declarations import Metric
from latentdim.study.axes import AXES_FIELDS, JACOBIAN_FIELDS, Axes
from latentdim.study.evaluation import Evaluation
from latentdim.study.sampler import FITTED, SAMPLER_VERSION
from latentdim.study.spellings import as_before
from latentdim.system.identity import differences, digest

# What every metric of generated examples depends on, that is, one that uses n_generated.
SAMPLES_FIELDS = frozenset({"sampler"})


@dataclass(frozen=True)
class RequestedMetric:
    """A metric as one cell asks for it.

    Attributes:
        file: the name of its file, which carries all that can change its value.
        former: the name that its file had in the version before, where it had another one.
        fields: the evaluation fields that enter the file's name.
    """

    metric: Metric
    axes: Axes | None
    file: str
    fields: frozenset[str]
    former: str = ""

    @classmethod
    def of(cls, metric: Metric, evaluation: Evaluation, axes: Axes | None) -> RequestedMetric:
        """The request; what differs from the evaluation half's defaults is hashed into the file's name."""
        chosen = (axes or evaluation.axes) if metric.per_axes else None
        fields = _fields(metric, chosen) | choosing_fields(evaluation)
        middle, values = f"-{chosen}-v" if chosen else "-v", settings(evaluation, fields)
        file = f"{metric.name}{middle}{metric.version}-{digest(values, 8)}.json"
        former = f"{metric.former or metric.name}{middle}{metric.version}-{digest(as_before(values), 8)}.json"
        return cls(metric, chosen, file, fields, "" if former == file else former)

    def at(self, evaluation: Evaluation) -> RequestedMetric:
        """The same metric under another evaluation."""
        return RequestedMetric.of(self.metric, evaluation, self.axes)

    def column(self, axes: Axes) -> str:
        """Of the history: the metric's name, with its axes where they aren't those that the protocol reports on."""
        return self.metric.name if self.axes in {None, axes} else f"{self.metric.name}-{self.axes}"


def settings(evaluation: Evaluation, fields: Collection[str]) -> dict[str, Any]:
    """What differs from the defaults in these fields; and versions: of a fitted sampler, of a metric that chooses."""
    values = differences(evaluation, leave_out=set(Evaluation.model_fields) - set(fields))
    if "sampler" in values and evaluation.sampler.name in FITTED:
        values["sampled_by"] = SAMPLER_VERSION
    if evaluation.best_metric is None:
        return values
    return values | {"chosen_by": registry.metrics().get(evaluation.best_metric).version}


def choosing_fields(evaluation: Evaluation) -> frozenset[str]:
    """The fields that decide which weights are measured where a metric chooses them; elsewhere none, but checkpoint."""
    if evaluation.best_metric is None:
        return frozenset()
    metric = registry.metrics().get(evaluation.best_metric)
    fields = _fields(metric, evaluation.axes if metric.per_axes else None) | {"evaluate_every"}
    return fields | {"axes"} if metric.per_axes else fields


def _fields(metric: Metric, axes: Axes | None) -> frozenset[str]:
    fields = frozenset(metric.uses) | {"checkpoint"}
    if metric.per_axes:
        fields |= AXES_FIELDS
    if "n_generated" in fields:
        fields |= SAMPLES_FIELDS
    return fields | JACOBIAN_FIELDS if axes == "jacobian" else fields
