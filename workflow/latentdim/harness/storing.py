"""Storing what the report draws from: each registered declaration's tensors in a file of their own."""

from __future__ import annotations

import traceback
from functools import partial

import torch
from safetensors.torch import save_file
from torch import Tensor

from latentdim.harness.evaluate import draws_of
from latentdim.harness.examples import contact_sheet
from latentdim.metrics.active.measure import chosen_axes
from latentdim.metrics.context import MetricContext, MetricRefused
from latentdim.nets.latent import LatentModel, UnknownExamples
from latentdim.plan.run import Run
from latentdim.records.folder import RunFolder
from latentdim.registry.declarations import StoredTensors, resolve
from latentdim.system.files import write_atomic
from latentdim.system.tracebacks import described
from latentdim.training.data import Data
from latentdim.training.progress import say


@torch.no_grad()
def store_tensors(
    model: LatentModel, data: Data, run: Run, folder: RunFolder, *, device: torch.device, shared: dict[str, Tensor]
) -> None:
    """Write what isn't stored yet, and samples.png beside samples of images, as the protocol measures.

    Args:
        shared: with the run's metrics, so that what both need is worked out once.
    """
    lacking = [one for one in run.stored if not folder.stored(one.file).exists()]
    if not lacking:
        return
    draws, evaluation = draws_of(run.names, device), run.cell.protocol.evaluation
    axes = chosen_axes(model, data, evaluation, evaluation.axes, draws, shared=shared)
    context = MetricContext(model, data, evaluation, axes, draws, shared)
    for one in lacking:
        tensors, reason = _tensors(one.declaration, context, run)
        _write(folder, one.file, tensors, reason)
        if "sample" in tensors and len(data.shape) == 3:
            save = partial(contact_sheet(tensors["sample"]).save, format="PNG")
            write_atomic(folder.path / "samples.png", save)


def _tensors(declaration: StoredTensors, context: MetricContext, run: Run) -> tuple[dict[str, Tensor], str]:
    """The tensors on the CPU, or why they can't be had, which costs the run no more than the pictures of them."""
    try:
        tensors = resolve(declaration.function)(context)
        return {name: value.cpu().contiguous() for name, value in tensors.items()}, ""
    except (MetricRefused, UnknownExamples) as refusal:
        say(f"no {declaration.name} of {run.title}: {refusal}")
        return {}, str(refusal)
    except Exception as error:  # a decoder without a derivative, say: told in the log, the metrics go on
        say(f"the {declaration.name} of {run.title} failed:\n{traceback.format_exc()}")
        return {}, described(error)


def _write(folder: RunFolder, file: str, tensors: dict[str, Tensor], reason: str) -> None:
    write_atomic(folder.stored(file), lambda temporary: save_file(tensors, temporary, metadata={"reason": reason}))
