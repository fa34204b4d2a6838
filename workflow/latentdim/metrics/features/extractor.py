"""What turns examples into features, and the simplest of its kind: the values themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor


class Extractor(Protocol):
    """Turns examples into features.

    Attributes:
        name: ``inception``, ``classifier`` or ``raw``.
        dim: number of features.
        digest: another one for anything that may change the features of real examples.
        batch: examples at a time.
        facts: what to tell beside every value; plain JSON.
    """

    @property
    def name(self) -> str: ...
    @property
    def dim(self) -> int: ...
    @property
    def digest(self) -> str: ...
    @property
    def batch(self) -> int: ...
    @property
    def facts(self) -> dict[str, Any]: ...

    def __call__(self, examples: Tensor, /) -> Tensor:
        """Features ``(N, dim)`` float32 of examples in the data's own units.

        Args:
            examples: ``(N, C, H, W)``: bytes are real images, floats in [0, 1] are made ones; or vectors ``(N, D)``.
        """
        ...


@dataclass(frozen=True)
class Raw:
    """The values themselves, flattened; bytes become [0, 1]."""

    dim: int
    name: str = "raw"
    digest: str = "raw"
    batch: int = 4096

    @property
    def facts(self) -> dict[str, Any]:
        """Nothing but the name."""
        return {"features": self.name}

    def __call__(self, examples: Tensor) -> Tensor:
        """Flattened values, ``(N, dim)`` float32."""
        values = examples / 255.0 if examples.dtype == torch.uint8 else examples.to(torch.float32)
        return values.flatten(start_dim=1)


def extracted(extractor: Extractor, examples: Tensor) -> Tensor:
    """Features ``(N, dim)`` of any number of examples, batch by batch."""
    return torch.cat([extractor(part) for part in examples.split(extractor.batch)])
