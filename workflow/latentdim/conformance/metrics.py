"""What every metric must satisfy: a number in its range, the same each time, and no dependence it doesn't declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from latentdim import registry
from latentdim.conformance.methods import TINY, global_states, same_states, tiny_data
from latentdim.declarations import Metric, resolve
from latentdim.metrics.context import Measured, Measuring
from latentdim.nets.latent import LatentModel
from latentdim.protocol import Evaluation
from latentdim.seeds import torch_stream
from latentdim.training import Task

SMALL = Evaluation(n_generated=64, n_reference=32, n_relevance=24, n_jacobian=12, n_covariance=40, relevance_share=0.8)
# Another value for each field; what the harness has settled before a metric is called is left out.
OTHER: dict[str, Any] = {
    "split": "train", "inactive": "posterior", "n_generated": 80, "n_reference": 20, "n_relevance": 20,
    "n_jacobian": 5, "jacobian_at": "sample", "jacobian_reduction": "square_of_mean", "relevance_share": 0.95,
    "relevance_strict": False, "n_covariance": 30,
}  # fmt: skip
ALWAYS = {"split", "inactive", "n_relevance"}  # in the file's name of every metric on a choice of axes


def problems_of(metric: Metric) -> list[str]:
    """Sentences about what the metric gets wrong; empty where it conforms."""
    return [*declares_itself(metric), *gives_a_number(metric), *depends_on_what_it_declares(metric)]


def declares_itself(metric: Metric) -> Iterator[str]:
    """Source, title, unit, a range, and evaluation fields that exist."""
    for name in ("source", "title", "unit"):
        if not getattr(metric, name):
            yield f"{name}: is empty"
    if not metric.range[0] < metric.range[1]:
        yield f"range: {metric.range} is empty"
    for name in set(metric.uses) - set(Evaluation.model_fields):
        yield f"uses: '{name}' is no field of the evaluation protocol"


def gives_a_number(metric: Metric) -> Iterator[str]:
    """In its range, the same twice, without global generators, leaving the model as it was."""
    model = trained()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    states = global_states()
    first, second = measured(metric, model, SMALL), measured(metric, model, SMALL)
    if not same_states(states, global_states()):
        yield "draws from a global random generator; use context.stream(...)"
    if first.value != second.value:
        yield f"gives {first.value} and then {second.value} for the same model"
    if not metric.range[0] <= first.value <= metric.range[1]:
        yield f"gives {first.value}, outside its range {metric.range}"
    if any(not torch.equal(value, model.state_dict()[name]) for name, value in before.items()):
        yield "changes the model"


def depends_on_what_it_declares(metric: Metric) -> Iterator[str]:
    """No field outside ``uses`` moves the value: the metric's file wouldn't tell the two settings apart."""
    model = trained()
    base = measured(metric, model, SMALL).value
    declared = set(metric.uses) | (ALWAYS if metric.per_axes else set())
    for name, value in OTHER.items():
        changed = measured(metric, model, SMALL.model_copy(update={name: value})).value
        if name not in declared and changed != base:
            yield f"uses: evaluation.{name} changes the value from {base} to {changed} but isn't declared"


def measured(metric: Metric, model: LatentModel, evaluation: Evaluation) -> Measured:
    """The metric's value on the tiny dataset, on the first axis alone where it is taken on a choice of axes."""
    axes = torch.arange(model.dim) < 2 if metric.per_axes else None

    def stream(name: str) -> torch.Generator:
        return torch_stream("conformance", name)

    with torch.no_grad():
        found: Measured = resolve(metric.function)(Measuring(model, tiny_data(), evaluation, axes, stream, {}))
    return found


def trained() -> LatentModel:
    """A small VAE on the tiny dataset."""
    method = registry.methods().get("vae")
    task = Task(dim=3, data=tiny_data(), protocol=TINY, names=("tiny", "vae", 3, 0))
    model: LatentModel = resolve(method.runner)(task, method.config())
    return model.eval()
