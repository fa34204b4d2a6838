"""Measuring while a run is trained: what its method asks for, and what the study has evaluated after some epochs."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from latentdim import registry
from latentdim.harness.evaluate import draws_of, measure
from latentdim.metrics.active.measure import chosen_axes
from latentdim.metrics.context import Measured, MetricContext
from latentdim.nets.latent import LatentModel
from latentdim.plan.run import Run
from latentdim.records.folder import RunFolder
from latentdim.records.metric_files import read_metric
from latentdim.records.weights import chooser
from latentdim.registry.declarations import Method, MethodConfig, resolve
from latentdim.study.judged import judged_with
from latentdim.system.problems import ContractBroken, nearest
from latentdim.training.data import Data


@torch.no_grad()
def metric_of(
    model: LatentModel, name: str, *, method: Method, config: MethodConfig, data: Data,
    names: tuple[str | int, ...], device: torch.device, cache: Path | None = None,
) -> Measured:  # fmt: skip
    """What :meth:`latentdim.training.Task.measurement` gives.

    Raises:
        ContractBroken: if the method's declaration doesn't list the metric.
        MetricRefused: if it would be meaningless for the model as it is.
    """
    listed = method.measured(config)
    if name not in listed:
        hint = nearest(name, listed)
        raise ContractBroken(
            f"task.measure({name!r}): the declaration of '{method.name}' doesn't list it under 'measures'{hint}"
        )
    metric, draws, shared = registry.metrics().get(name), draws_of(names, device), dict[str, Tensor]()
    evaluation = judged_with({"split": "validation" if len(data.validation) else "train", **listed[name]})
    axes = None
    if metric.per_axes and evaluation.axes != "all":
        axes = chosen_axes(model, data, evaluation, evaluation.axes, draws, shared=shared)
    measured: Measured = resolve(metric.function)(
        MetricContext(model, data, evaluation, axes, draws, shared, cache=cache)
    )
    return measured


def evaluate(
    model: LatentModel, epochs: int, *, run: Run, folder: RunFolder, data: Data, device: torch.device, cache: Path
) -> dict[str, float]:
    """Measure what the study asks for after so many epochs, as if it asked for the weights of that epoch.

    What a metric's file holds already isn't measured again; what tells of the machine isn't measured at all.

    Returns:
        The values by column of the history; refused and failed ones are left out.
    """
    evaluation = run.cell.protocol.evaluation
    metrics = {one.column(evaluation.axes): one.at(evaluation.after(epochs)) for one in run.cell.metrics}
    if evaluation.best_metric:
        metrics.setdefault(evaluation.best_metric, chooser(evaluation, epochs))
    metrics = {column: one for column, one in metrics.items() if not one.metric.of_machine}
    lacking = [one for one in metrics.values() if read_metric(folder, one) is None]
    measure(
        model, data, run, folder, lacking, device, evaluation=evaluation.after(epochs), record=None, shared={},
        cache=cache,
    )  # fmt: skip
    contents = {column: read_metric(folder, one) or {} for column, one in metrics.items()}
    return {column: content["value"] for column, content in contents.items() if content.get("status") == "ok"}
