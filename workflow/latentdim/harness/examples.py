"""A few originals, reconstructions and samples of a run and its latent space, for the report to draw from."""

from __future__ import annotations

import traceback

import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from latentdim.datasets.formats.clips import side_by_side
from latentdim.harness.evaluate import draws_of
from latentdim.harness.latent_space import latent_space
from latentdim.metrics.active.measure import chosen_axes
from latentdim.metrics.context import MetricContext, MetricRefused
from latentdim.nets.latent import LatentModel, UnknownExamples
from latentdim.plan.run import Run
from latentdim.records.folder import RunFolder
from latentdim.system.files import write_atomic
from latentdim.training.data import Data
from latentdim.training.progress import say

RECONSTRUCTIONS = 16
SAMPLES = 64
VECTOR_SAMPLES = 1000
COLUMNS = 8


@torch.no_grad()
def write_examples(
    model: LatentModel, data: Data, run: Run, folder: RunFolder, *, device: torch.device, shared: dict[str, Tensor]
) -> None:
    """Write examples and, for images, samples.png, as the protocol measures; values in the data's own units.

    Args:
        shared: with the run's metrics, so that what both need is worked out once.
    """
    draws, evaluation = draws_of(run.names, device), run.cell.protocol.evaluation
    axes = chosen_axes(model, data, evaluation, evaluation.axes, draws, shared=shared)
    context = MetricContext(model, data, evaluation, axes, draws, shared)
    images = len(data.shape) == 3
    originals = data.batch(data.test, 0, min(RECONSTRUCTIONS if images else VECTOR_SAMPLES, len(data.test)))
    samples = context.sampled(SAMPLES if images else VECTOR_SAMPLES, draws("examples"))
    tensors = {"original": originals, "reconstruction": context.reconstructed(originals), "sample": samples}
    stored = {name: data.scaling.to_data(value).float().cpu().contiguous() for name, value in tensors.items()}
    stored |= _latent_space(context, run)
    write_atomic(folder.examples(run.cell.examples_file), lambda temporary: save_file(stored, temporary))
    if images:
        write_atomic(
            folder.path / "samples.png", lambda temporary: contact_sheet(stored["sample"]).save(temporary, format="PNG")
        )


def _latent_space(context: MetricContext, run: Run) -> dict[str, Tensor]:
    """What its pictures need; nothing where it can't be had, which costs the run no more than these pictures."""
    try:
        return latent_space(context)
    except (MetricRefused, UnknownExamples) as refusal:
        say(f"no pictures of the latent space of {run.title}: {refusal}")
    except Exception:  # a decoder without a derivative, say: told in the log, the metrics go on
        say(f"the pictures of the latent space of {run.title} failed:\n{traceback.format_exc()}")
    return {}


def contact_sheet(images: Tensor) -> Image.Image:
    """Images ``(N, C, H, W)`` in [0, 1] side by side, eight a row, with a gap of two pixels; clips frame by frame."""
    images = torch.from_numpy(side_by_side(images.numpy()))
    n, channels, height, width = images.shape
    rows = -(-n // COLUMNS)
    canvas = torch.full((channels, rows * (height + 2), COLUMNS * (width + 2)), 1.0)
    for index, image in enumerate(images.clamp(0, 1)):
        top, left = (index // COLUMNS) * (height + 2), (index % COLUMNS) * (width + 2)
        canvas[:, top : top + height, left : left + width] = image
    pixels = canvas.mul(255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
