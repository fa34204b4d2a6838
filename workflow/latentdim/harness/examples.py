"""A few originals, reconstructions and samples of a run, and the sheet that shows its samples."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

from latentdim.datasets.formats.clips import side_by_side
from latentdim.metrics.context import MetricContext

RECONSTRUCTIONS = 16
SAMPLES = 64
VECTOR_SAMPLES = 1000
COLUMNS = 8


def examples(context: MetricContext) -> dict[str, Tensor]:
    """Originals, their reconstructions, and samples, ``(N, *shape)`` float32 in the data's own units."""
    data, images = context.data, len(context.data.shape) == 3
    originals = data.batch(data.test, 0, min(RECONSTRUCTIONS if images else VECTOR_SAMPLES, len(data.test)))
    samples = context.sampled(SAMPLES if images else VECTOR_SAMPLES, context.draws("examples"))
    tensors = {"original": originals, "reconstruction": context.reconstructed(originals), "sample": samples}
    return {name: data.scaling.to_data(value).float() for name, value in tensors.items()}


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
