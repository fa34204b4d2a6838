"""Principal components of a dataset's own values: features for Fréchet distances where no network is to be had.

They see what moves many pixels at once and nothing of what a picture shows, so distances in them compare models on one
dataset. They are no FID and are never called so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from latentdim.metrics.context import MetricContext
from latentdim.metrics.features.extractor import Raw
from latentdim.metrics.features.store import arithmetic, kept
from latentdim.system.identity import digest

RECIPE = 1  # raised when anything below may change the components
COMPONENTS = 64
EXAMPLES = 4000  # training ones, the first so many, that components are fitted to


@dataclass(frozen=True)
class PixelsPca:
    """Values along the leading principal components of the training examples.

    Attributes:
        mean: of the training examples, ``(D,)``.
        components: orthonormal columns ``(D, dim)``.
        digest: tells the examples that they are of.
        explained: share of the examples' variance along them.
    """

    mean: Tensor
    components: Tensor
    digest: str
    explained: float
    name: str = "pixels_pca"
    batch: int = 4096

    @property
    def dim(self) -> int:
        """How many components there are."""
        return self.components.shape[1]

    @property
    def facts(self) -> dict[str, Any]:
        """The recipe, how many components, and what they explain."""
        return {"features": self.name, "recipe": RECIPE, "components": self.dim, "explained": self.explained}

    def __call__(self, examples: Tensor) -> Tensor:
        """Features ``(N, dim)`` float32; bytes become [0, 1] first."""
        return (Raw(len(self.mean))(examples) - self.mean) @ self.components


def pixels_pca(context: MetricContext, content: str) -> PixelsPca:
    """The components of the context's dataset: fitted where nobody has yet, else as they are kept.

    Args:
        content: SHA-256 of the training examples that they are fitted to.
    """
    values = context.data.train.part(0, min(EXAMPLES, len(context.data.train))).values
    identity = {"recipe": RECIPE, "content": content, "shape": list(values.shape), **arithmetic(values)}
    tensors = kept(context, "pixels-pca", identity, lambda: fitted(values))
    explained = float(tensors["explained"])
    return PixelsPca(tensors["mean"], tensors["components"], digest(identity, 16), explained)


def fitted(values: Tensor) -> dict[str, Tensor]:
    """Mean ``(D,)`` and leading components ``(D, K)`` float32 of examples, and the share that they explain.

    From the smaller of the two products of the centred examples with themselves, in float64. K is COMPONENTS, or as
    many as there can be.
    """
    x = Raw(values[0].numel())(values).double()
    mean = x.mean(dim=0)
    centred = x - mean
    tall = len(x) > x.shape[1]
    squares, vectors = torch.linalg.eigh(centred.T @ centred if tall else centred @ centred.T)
    count = min(COMPONENTS, x.shape[1], max(1, len(x) - 1))
    leading, along = squares[-count:].flip(0), vectors[:, -count:].flip(1)
    components = along if tall else torch.nn.functional.normalize(centred.T @ along, dim=0)
    explained = leading.sum() / squares.sum().clamp_min(torch.finfo(torch.float64).tiny)
    return {"mean": mean.float(), "components": components.float().contiguous(), "explained": explained}
