"""The codes of the first held-out examples, stored for whoever draws them. Declared free of torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentdim import StoredTensors

if TYPE_CHECKING:
    from torch import Tensor

    from latentdim.metrics.context import MetricContext

STORED_TENSOR = StoredTensors(name="first_codes", function="toys.tensor:store", tensors=("first_codes",))


def store(context: MetricContext) -> dict[str, Tensor]:
    """Ten of them, ``(10, L)``."""
    return {"first_codes": context.codes(context.data.test.part(0, 10))}
