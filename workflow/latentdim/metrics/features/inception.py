"""Features of the Inception network behind the FID: torch-fidelity's port of the TensorFlow graph of 2015-12-05."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from latentdim.metrics.context import MetricUnavailable
from latentdim.metrics.features.extractor import extracted
from latentdim.metrics.features.inception_file import Weights, inception_weights, torch_fidelity
from latentdim.metrics.features.pixels import as_pixels
from latentdim.study.evaluation import Fid
from latentdim.system.identity import digest

SIDE = 299
# The network's parts in order, up to the pooling behind each layer of features.
STAGES = {
    64: ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "MaxPool_1"),
    192: ("Conv2d_3b_1x1", "Conv2d_4a_3x3", "MaxPool_2"),
    768: (
        "Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e",
    ),
    2048: ("Mixed_7a", "Mixed_7b", "Mixed_7c"),
}  # fmt: skip


@dataclass(frozen=True)
class Inception:
    """Inception's features of images, as one protocol lets images in.

    Its parts are torch-fidelity's, but its own entrance takes bytes only, so the way in is ours: with bytes the
    features are equal to the last bit, and floats go the same way.
    """

    layers: nn.Sequential
    fid: Fid
    weights_sha256: str
    name: str = "inception"
    batch: int = 50

    @property
    def dim(self) -> int:
        """64, 192, 768 or 2048."""
        return self.fid.layer

    @property
    def digest(self) -> str:
        """Of the weights, the layer, and what real images go through."""
        return digest([self.weights_sha256, self.fid.layer, self.fid.resize, self.fid.jpeg])

    @property
    def facts(self) -> dict[str, Any]:
        """The whole protocol, and the digest of the weights that were there."""
        return {"features": self.name, **self.fid.model_dump(mode="json"), "weights_sha256": self.weights_sha256}

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Features ``(N, layer)`` float32 of bytes, or of floats in [0, 1], ``(N, 1 or 3, H, W)``."""
        seen: Tensor = self.layers(resized(as_pixels(images, self.fid), self.fid.resize))
        return seen.flatten(start_dim=1)


def resized(pixels: Tensor, how: str) -> Tensor:
    """Pixels in 0 … 255 at the network's size and in its range, about [−1, 1].

    ``tensorflow`` and ``antialias`` map x to (x − 128) / 128 as the graph does, ``bilinear`` to 2x / 255 − 1 as
    pytorch-fid.
    """
    if how == "tensorflow":
        theirs = torch_fidelity("interpolate_compat_tensorflow").interpolate_bilinear_2d_like_tensorflow1x
        wide: Tensor = theirs(pixels, size=(SIDE, SIDE), align_corners=False)
        return (wide - 128) / 128
    wide = interpolate(pixels, size=(SIDE, SIDE), mode="bilinear", align_corners=False, antialias=how == "antialias")
    return (wide - 128) / 128 if how == "antialias" else 2.0 * (wide / 255.0) - 1.0


def inception(fid: Fid, device: torch.device) -> Inception:
    """The extractor on a device, with the weights that are found; the network is built once a process.

    Raises:
        MetricUnavailable: if there are no weights, or not the ones that the protocol or the network wants, or the
            package that has the network isn't installed.
    """
    weights = inception_weights(fid.weights_sha256)
    return Inception(_layers(weights, fid.layer, device), fid, weights.sha256)


def inception_features(images: Tensor, fid: Fid | None = None) -> Tensor:
    """Inception's features of images, ``(N, layer)`` float32 on their device; their Fréchet distance is a FID.

    Args:
        images: ``(N, 1 or 3, H, W)``: bytes, or floats in [0, 1], which go through the protocol's stretch and
            quantisation first.
        fid: the protocol; its own defaults where left out.

    Raises:
        MetricUnavailable: if the network's weights can't be had.
        MetricRefused: if the images are neither grey nor colour.
    """
    return extracted(inception(fid or Fid(), images.device), images)


@lru_cache(maxsize=2)
def _layers(weights: Weights, layer: int, device: torch.device) -> nn.Sequential:
    build = torch_fidelity("feature_extractor_inceptionv3").FeatureExtractorInceptionV3
    # torch-fidelity unpickles whatever it is given, so it is given a file made here of the tensors already read.
    file = io.BytesIO()
    torch.save(weights.state, file)
    file.seek(0)
    try:
        with torch.random.fork_rng(devices=[]):  # the weights that it draws first come from the global generator
            network = build("inception", [str(layer)], feature_extractor_weights_path=file)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise MetricUnavailable(f"'{weights.path}' doesn't hold this network's weights: {reason}") from error
    names = [name for depth, stage in STAGES.items() if depth <= layer for name in stage]
    return nn.Sequential(*(getattr(network, name) for name in names), nn.AdaptiveAvgPool2d((1, 1))).to(device).eval()
