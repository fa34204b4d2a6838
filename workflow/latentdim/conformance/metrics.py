"""What every metric must satisfy: a number in its range, the same each time, and no dependence it doesn't declare."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from latentdim import registry
from latentdim.conformance.checks import families
from latentdim.conformance.methods import TINY, global_states, same_states
from latentdim.conformance.tiny import tiny_data, tiny_pictures
from latentdim.metrics.context import Measured, MetricContext
from latentdim.nets.draws import Draws
from latentdim.nets.latent import LatentModel
from latentdim.registry.declarations import Metric, resolve
from latentdim.study.axes import AXES_FIELDS
from latentdim.study.evaluation import Evaluation
from latentdim.study.requested_metrics import SAMPLES_FIELDS
from latentdim.training import Task
from latentdim.training.data import Data

# Values with which metrics take no time on tiny data, and others; what the harness has settled before a metric is
# called is left out. Each family says them for the fields that it brings along.
CORE: dict[str, Any] = {
    "n_generated": 64, "n_reference": 32, "n_relevance": 24, "n_jacobian": 12, "n_covariance": 40,
    "relevance_share": 0.8, "distribution": {"features": "raw", "allow_few": True}, "fid": {"layer": 64},
}  # fmt: skip
OTHER_CORE: dict[str, Any] = {
    "split": "train", "inactive": "posterior", "n_generated": 80, "n_reference": 20, "n_relevance": 20,
    "n_jacobian": 5, "jacobian_at": "sample", "jacobian_reduction": "square_of_mean", "relevance_share": 0.95,
    "relevance_strict": False, "n_covariance": 30, "fid": {"layer": 64, "quantisation": "truncate"},
    "distribution": {"features": "raw", "allow_few": True, "split": "train"}, "pictures": {"steps": 3},
    "sampler": {"name": "gaussian"},
}  # fmt: skip
# What a run's record tells metrics of the machine.
RECORD = {
    "late_improvement": 0.02,
    "timing": {"train_seconds": 2.0, "examples_per_second": 640.0, "steps": 20, "resumed_steps": 0},
    "device": {"kind": "cpu", "name": "a processor", "threads": 1},
    "usage": {
        "shared_by": 1, "peak_memory_mb": 300.0, "memory_before_mb": 250.0, "memory_since": "training",
        "energy_joules": 80.0,
    },
}  # fmt: skip


def small() -> Evaluation:
    """An evaluation with which every metric takes no time on tiny data."""
    return Evaluation.model_validate(reduce(or_, (dict(family.small) for family in families()), CORE))


def other() -> dict[str, Any]:
    """Another value for each field."""
    return reduce(or_, (dict(family.other) for family in families()), OTHER_CORE)


def problems_of(metric: Metric) -> list[str]:
    """Sentences about what the metric gets wrong; empty where it conforms."""
    return [*declares_itself(metric), *gives_a_number(metric), *depends_on_what_it_declares(metric)]


def declares_itself(metric: Metric) -> Iterator[str]:
    """Source, title, unit, a range, and evaluation fields that exist."""
    for name in ("definition", "samples", "source", "title", "unit"):
        if not getattr(metric, name):
            yield f"{name}: is empty"
    if not metric.range[0] < metric.range[1]:
        yield f"range: {metric.range} is empty"
    for name in set(metric.uses) - set(Evaluation.model_fields):
        yield f"uses: '{name}' is no field of the evaluation protocol"
    for name in set(metric.fields.model_fields if metric.fields else ()) - set(other()):
        yield f"checks: gives no other value of evaluation.{name}, so nobody knows what it changes"


def gives_a_number(metric: Metric) -> Iterator[str]:
    """In its range, the same twice, without global generators, leaving the model as it was."""
    model = trained(metric)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    states = global_states()
    first, second = measured(metric, model, small()), measured(metric, model, small())
    if not same_states(states, global_states()):
        yield "draws from a global random generator; use context.draws(...)"
    if first.value != second.value and not metric.of_machine:
        yield f"gives {first.value} and then {second.value} for the same model"
    if first.floor != second.floor:
        yield f"gives the floor {first.floor} and then {second.floor} for the same model"
    if not metric.range[0] <= first.value <= metric.range[1]:
        yield f"gives {first.value}, outside its range {metric.range}"
    if any(not torch.equal(value, model.state_dict()[name]) for name, value in before.items()):
        yield "changes the model"


def depends_on_what_it_declares(metric: Metric) -> Iterator[str]:
    """No field outside ``uses`` moves the value: the metric's file wouldn't tell the two settings apart.

    What runs share is kept from one setting to the next, as in a study.
    """
    model = trained(metric)
    base = measured(metric, model, small()).value
    declared = set(metric.uses) | (AXES_FIELDS if metric.per_axes else set())
    declared |= SAMPLES_FIELDS if "n_generated" in metric.uses else set()
    with TemporaryDirectory() as folder:
        for name, value in other().items():
            evaluation = Evaluation.model_validate(small().model_dump() | {name: value})
            changed = measured(metric, model, evaluation, cache=Path(folder)).value
            if name not in declared and changed != base and not metric.of_machine:
                yield f"uses: evaluation.{name} changes the value from {base} to {changed} but isn't declared"


def measured(metric: Metric, model: LatentModel, evaluation: Evaluation, *, cache: Path | None = None) -> Measured:
    """The metric's value on tiny data that it is defined on, on the first two axes where it takes a choice of them."""
    axes = torch.arange(model.dim) < 2 if metric.per_axes else None

    def draws(name: str) -> Draws:
        return Draws.named("conformance", name)

    with torch.no_grad():
        context = MetricContext(model, data_for(metric), evaluation, axes, draws, {}, RECORD, cache)
        found: Measured = resolve(metric.function)(context)
    return found


def data_for(metric: Metric) -> Data:
    """Tiny vectors, or tiny pictures of a factor space, with classes, for metrics that need one of these."""
    return tiny_data() if "vectors" in metric.kinds and not metric.needs else tiny_pictures()


def trained(metric: Metric) -> LatentModel:
    """A small VAE on the metric's tiny data; ARD-VAE for metrics of the machine, one of which times its prior."""
    method = registry.methods().get("ard_vae" if metric.of_machine else "vae")
    task = Task(dim=3, data=data_for(metric), protocol=TINY, names=("tiny", method.name, 3, 0))
    model: LatentModel = resolve(method.runner)(task, method.config())
    return model.eval()
