"""How images reach Inception: what their pixels go through before the network's own resize.

All of it moves a FID. Real images are bytes already; made ones are floats in [0, 1].
"""

from __future__ import annotations

import io

import numpy as np
import torch
from torch import Tensor

from latentdim.metrics.context import MetricRefused
from latentdim.study.evaluation import Fid

LARGEST = 255.0


def as_pixels(images: Tensor, fid: Fid) -> Tensor:
    """Pixels in 0 … 255 as the network takes them, ``(N, 3, H, W)`` float32.

    Made images are stretched where the protocol says so, else cut off at 0 and 1, and quantised as it says. Grey ones
    then go through JPEG where it says so, real ones too, and are repeated over three channels.

    Raises:
        MetricRefused: for images that are neither grey nor colour.
    """
    if images.shape[1] not in (1, 3):
        raise MetricRefused(f"Inception takes grey or colour images; these have {images.shape[1]} channels")
    if images.dtype == torch.uint8:
        pixels = images.to(torch.float32)
    else:
        pixels = quantised(stretched(images) if fid.stretch else images.clamp(0.0, 1.0), fid.quantisation)
    if images.shape[1] == 3:
        return pixels
    return (through_jpeg(pixels) if fid.jpeg else pixels).expand(-1, 3, -1, -1)


def stretched(images: Tensor) -> Tensor:
    """Each image mapped so that its smallest value is 0 and its largest 1; a constant one becomes 0."""
    flat = images.flatten(start_dim=1)
    low, high = (edge[:, None, None, None] for edge in (flat.amin(dim=1), flat.amax(dim=1)))
    return (images - low) / torch.where(high > low, high - low, 1.0)


def quantised(images: Tensor, how: str) -> Tensor:
    """Values in [0, 1] as pixels in 0 … 255, still floats: ``round``, ``truncate`` (both whole numbers) or ``none``."""
    pixels = images.to(torch.float32) * LARGEST
    if how == "none":
        return pixels
    return pixels.round() if how == "round" else pixels.floor()


def through_jpeg(pixels: Tensor) -> Tensor:
    """Grey pixels, whole numbers ``(N, 1, H, W)``, after a round trip through JPEG at PIL's default quality (75).

    The same grey image written in colour gives the same pixels: its colour channels are constant.
    """
    from PIL import Image

    found = []
    for picture in pixels[:, 0].to("cpu", torch.uint8).numpy():
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG")
        found.append(np.asarray(Image.open(file)))
    return torch.from_numpy(np.stack(found)).to(pixels.device, torch.float32)[:, None]
