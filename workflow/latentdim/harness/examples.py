"""A few originals, reconstructions and samples of a run, for the report to draw from."""

from __future__ import annotations

import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from latentdim.files import write_atomic
from latentdim.harness.evaluate import stream_of
from latentdim.metrics.active import chosen_axes
from latentdim.metrics.context import Measuring
from latentdim.nets.latent import LatentModel
from latentdim.plan import Run
from latentdim.records import RunFolder
from latentdim.training.data import Data

RECONSTRUCTIONS = 16
SAMPLES = 64
VECTOR_SAMPLES = 1000
COLUMNS = 8


@torch.no_grad()
def write_examples(model: LatentModel, data: Data, run: Run, folder: RunFolder, *, device: torch.device) -> None:
    """Write examples and, for images, samples.png, as the protocol measures; values in the data's own units."""
    names = (run.cell.dataset.name, run.cell.method.name, run.dim, run.seed)
    stream, evaluation = stream_of(names, device), run.cell.protocol.evaluation
    axes = chosen_axes(model, data, evaluation, evaluation.axes, stream)
    context = Measuring(model, data, evaluation, axes, stream, {})
    images = len(data.shape) == 3
    originals = data.batch(data.test, 0, min(RECONSTRUCTIONS if images else VECTOR_SAMPLES, len(data.test)))
    samples = model.sample(SAMPLES if images else VECTOR_SAMPLES, generator=stream("examples"), axes=axes)
    tensors = {"original": originals, "reconstruction": context.reconstructed(originals), "sample": samples}
    stored = {name: data.scaling.to_data(value).float().cpu().contiguous() for name, value in tensors.items()}
    write_atomic(folder.examples(run.cell.examples_file), lambda temporary: save_file(stored, temporary))
    if images:
        write_atomic(
            folder.path / "samples.png", lambda temporary: grid(stored["sample"]).save(temporary, format="PNG")
        )


def grid(images: Tensor) -> Image.Image:
    """Images ``(N, C, H, W)`` in [0, 1] side by side, eight a row, with a gap of two pixels."""
    n, channels, height, width = images.shape
    rows = -(-n // COLUMNS)
    canvas = torch.full((channels, rows * (height + 2), COLUMNS * (width + 2)), 1.0)
    for index, image in enumerate(images.clamp(0, 1)):
        top, left = (index // COLUMNS) * (height + 2), (index % COLUMNS) * (width + 2)
        canvas[:, top : top + height, left : left + width] = image
    pixels = canvas.mul(255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels[..., :3])
