"""Whether the controls rank on a metric as theory says, tried on tiny data, the metric's own way."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise

import torch

from latentdim import registry
from latentdim.conformance.checks import CONTROLS, DIM, Group, Ranking, families
from latentdim.conformance.metrics import small
from latentdim.conformance.models import fitted_control, measuring
from latentdim.conformance.tiny import tiny_pictures
from latentdim.metrics.context import MetricRefused
from latentdim.nets.latent import UnknownExamples
from latentdim.registry.declarations import Metric, resolve

# Real examples are those that the controls were fitted on: for these theory speaks without an "about".
SETTINGS = {"split": "train", "n_generated": 4000, "n_reference": 120, "n_relevance": 120, "n_covariance": 120}
NEVER_TRAINED = {
    "timing": {"train_seconds": 0.0, "examples_per_second": None, "resumed_steps": 0, "steps": 0},
    "device": {"name": "any", "threads": 1},
    "usage": {"shared_by": 1, "peak_memory_mb": 300.0, "memory_since": "training", "energy_joules": 0.0},
}


def rankings() -> tuple[Ranking, ...]:
    """What theory says, of every family of metrics."""
    return tuple(ranking for family in families() for ranking in family.rankings)


def ranking_of(metric: str) -> Ranking:
    """The ranking that holds for a metric; one that says nothing where its family states none."""
    unstated = Ranking(metrics=(metric,), why="nobody has said", untried=True)
    return next((ranking for ranking in rankings() if metric in ranking.metrics), unstated)


@cache
def values_of(name: str) -> dict[str, float | None]:
    """The controls' values of a metric on tiny data that it is defined on; None where it refuses."""
    metric = registry.metrics().get(name)
    return {control: _value(metric, control) for control in CONTROLS}


def _value(metric: Metric, control: str) -> float | None:
    pictures = "vectors" not in metric.kinds or bool(metric.needs)
    model = fitted_control(control, dim=DIM, pictures=pictures)
    data = tiny_pictures() if pictures else None
    context = measuring(model, data, record=NEVER_TRAINED, **(small().model_dump() | SETTINGS))
    try:
        with torch.no_grad():
            return float(resolve(metric.function)(context).value)
    except (MetricRefused, UnknownExamples):
        return None


def problems_of(name: str) -> list[str]:
    """Sentences about where a metric ranks the controls otherwise than theory says; empty where it agrees."""
    ranking = ranking_of(name)
    if ranking.untried:
        return []
    values = values_of(name)
    found = [
        f"{control}: refused" for control in CONTROLS if values[control] is None and control not in ranking.refused
    ]
    found += [
        f"{control}: {values[control]}, not refused" for control in ranking.refused if values[control] is not None
    ]
    for control, expected in (ranking.exact or {}).items():
        if values[control] != expected:
            found.append(f"{control}: {values[control]} instead of {expected:g}")
    if not found:
        found += [problem for chain in ranking.rising for problem in _disorder(chain, values)]
    return found


def _disorder(chain: tuple[Group, ...], values: Mapping[str, float | None]) -> list[str]:
    found = []
    for group in chain:
        if len({values[name] for name in group}) > 1:
            found.append(f"{', '.join(group)} are not equal: {[values[name] for name in group]}")
    for lower, higher in pairwise(chain):
        low, high = (values[group[0]] for group in (lower, higher))
        if low is None or high is None or not low < high:  # NaN is below nothing
            found.append(f"{lower[0]} ({low}) is not below {higher[0]} ({high})")
    return found
