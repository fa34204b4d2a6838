"""Whether a method, a network and the sizes fit a dataset, known before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from latentdim.nets import count
from latentdim.plan import cost
from latentdim.plan.checkpoints import unkept, unmeasured
from latentdim.plan.run import Cell
from latentdim.registry.declarations import resolve
from latentdim.study.sampler import FITTED

BOUNDS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}  # of what an output function reaches
ROUNDING = 1e-6  # data divided by their maximum may lie so much above 1


def compatibility(cell: Cell, dims: tuple[int, ...], where: str) -> Iterator[str]:
    """Sentences about what doesn't fit; ``where`` is the grid entry's key in the study file."""
    yield from _dimensions(cell, dims, where)
    training, info, name = cell.protocol.training, cell.dataset.info, cell.dataset.name
    left = cost.examples_of(training, info)
    if left < training.batch_size:
        yield (
            f"{where}: '{name}' leaves {max(left, 0)} training examples after n_train and n_validation, "
            f"fewer than protocol.training.batch_size = {training.batch_size}"
        )
    yield from unkept(cell, left, where)
    yield from unmeasured(cell, where)
    method = cell.method
    if training.decoder_variance == "learned" and not (
        method.learns_variance or "decoder_variance" in method.unused_fields
    ):
        yield (
            f"{where}.methods.{method.name}: has no variance to learn beside its objective; give "
            "protocol.training.decoder_variance a number or null"
        )
    if method.compatibility:
        for sentence in resolve(method.compatibility)(cell.config, training, left):
            yield f"{where}.methods.{cell.method.name}{sentence}"
    yield from _unfittable(cell, dims, left, where)
    yield from _unmeasurable(cell, where)
    if not cell.metrics:
        yield f"{where}: none of the metrics asked for is defined for '{name}' ({cell.dataset.example_kind})"
    if cell.network:
        yield from _network(cell, dims, where)


def unreachable(cell: Cell, prepared: Mapping[str, Any]) -> str:
    """Why the decoder can't make values like those of the prepared data; empty where it can.

    Known once the data are prepared. Images always lie in [0, 1] or [−1, 1], for which the protocol itself is checked.

    Args:
        prepared: the data's description, which has their ``range``.
    """
    training, unused = cell.protocol.training, cell.method.unused_fields
    output = getattr(training.network, "output", "linear")
    if cell.dataset.example_kind == "images" or "network" in unused or output not in BOUNDS:
        return ""
    (low, high), (least, most) = prepared["range"], BOUNDS[output]
    if least - ROUNDING <= low and high <= most + ROUNDING:
        return ""
    bernoulli = training.likelihood == "bernoulli" and "likelihood" not in unused
    means = "likelihood 'bernoulli'" if bernoulli else f"network.output '{output}'"
    cure = "likelihood 'gaussian' with network.output 'linear'" if bernoulli else "network.output 'linear'"
    return (
        f"the values of '{cell.dataset.name}' go from {low:.3g} to {high:.3g}, but {means} reaches only {least:g} … "
        f"{most:g}; use {cure}, or rescale the data"
    )


def _unfittable(cell: Cell, dims: tuple[int, ...], n_train: int, where: str) -> Iterator[str]:
    """Why the protocol's sampler can't be fitted to the codes of these runs."""
    sampler, method = cell.protocol.evaluation.sampler, cell.method
    if sampler.name not in FITTED:
        return
    key = f"evaluation.sampler.name = '{sampler.name}'"
    if not method.fittable_codes:
        yield f"{where}.methods.{method.name}: its codes are constant, so {key} can't be fitted; use 'model'"
    if sampler.name == "flow" and 1 in dims:
        yield f"{where}.dims = 1: {key} needs two dimensions at least; use 'mixture'"
    if sampler.name == "mixture" and n_train < sampler.setting("components"):
        yield (
            f"{where}: {key} with {sampler.setting('components')} components needs as many training examples at "
            f"least; '{cell.dataset.name}' leaves {max(n_train, 0)}"
        )


def _unmeasurable(cell: Cell, where: str) -> Iterator[str]:
    """What the metrics say of the evaluation half and of this dataset."""
    kind, n_classes = cell.dataset.example_kind, cell.dataset.info.n_classes
    for metric in (requested.metric for requested in cell.metrics if requested.metric.compatibility):
        for sentence in resolve(metric.compatibility)(cell.protocol.evaluation, kind, n_classes):
            yield f"{where}: metric '{metric.name}': {sentence}"


def _dimensions(cell: Cell, dims: tuple[int, ...], where: str) -> Iterator[str]:
    method, info, name = cell.method, cell.dataset.info, cell.dataset.name
    values = math.prod(info.shape)
    if method.needs_factors and info.n_factors is None:
        yield f"{where}.methods.{method.name}: needs a dataset with known factors; '{name}' has none"
    for dim in dims:
        if dim > values and not method.allows_wide:
            yield f"{where}.dims = {dim}: '{method.name}' takes at most the {values} input values of '{name}'"
        if method.needs_factors and dim < (info.n_factors or 0):
            yield f"{where}.dims = {dim}: '{method.name}' needs at least the {info.n_factors} factors of '{name}'"


def _network(cell: Cell, dims: tuple[int, ...], where: str) -> Iterator[str]:
    """What the protocol's network says of the examples; counted layer by layer, at every latent dimension."""
    network, shape = cell.protocol.training.network, cell.dataset.info.shape
    for sentence in dict.fromkeys(s for dim in dims for s in count.compatibility(network, shape=shape, dim=dim)):
        yield f"{where} ('{cell.dataset.name}'): protocol.training.network{sentence}"
