"""How far two sets of real examples are apart: the floor of a distance between generated and real ones.

Two draws from one law aren't 0 apart, and the farther the fewer they are. That bias is common to all models, so it is
no noise between them: how far one value moves from draw to draw is its spread, which is mostly far smaller.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from latentdim.metrics.context import Floor, MetricContext
from latentdim.metrics.features.extractor import Extractor, extracted
from latentdim.metrics.features.sets import content_of, outside_split, reference_identity
from latentdim.metrics.features.store import Tensors, kept
from latentdim.metrics.jackknife import frechet_spread

VERSION = 1  # raised when floors of the same examples may change


def distance_floor(
    context: MetricContext, extractor: Extractor, reference: Tensor, *, distance: Callable[[Tensor, Tensor], float]
) -> Floor | None:
    """Distance to the reference of as many other real examples as are generated; worked out once for all runs.

    Args:
        reference: features of the reference, ``(M, d)``.
        distance: between two sets of features.

    Returns:
        None where the other split has too few examples for the distance to mean anything. Where it has fewer than are
        generated, the floor is of these: it then lies higher, and says how many they are.
    """
    asked = context.evaluation.n_generated
    outside = outside_split(context).values[:asked]
    if len(outside) <= (1 if context.evaluation.distribution.allow_few else extractor.dim):
        return None
    identity = reference_identity(context, extractor) | {"floor": VERSION, "outside": content_of(outside)}

    def make() -> Tensors:
        features = extracted(extractor, outside)
        spread = frechet_spread(features, reference)
        numbers = {"value": distance(features, reference)} | ({} if spread is None else {"spread": spread})
        return {name: torch.tensor(number, dtype=torch.float64) for name, number in numbers.items()}

    tensors = kept(context, f"{extractor.name}-{extractor.dim}-floor", identity, make)
    numbers = {name: float(number) for name, number in tensors.items()}
    whose = "as many" if len(outside) == asked else f"{len(outside):,}"
    return Floor(numbers["value"], f"{whose} real examples that aren't in the reference", numbers.get("spread"))
