"""How much a Fréchet distance varies from draw to draw, from a single draw: the delete-a-group jackknife.

Smaller subsets have another bias, so their values can't stand beside the whole set's. But samples from which one group
each was left out are all equally large: the bias is the same in all of them and drops out of their spread, which is
then scaled to that of the whole (Efron & Stein, 1981; Kott, 2001, for groups).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat

import torch
from numpy.typing import NDArray
from torch import Tensor

from latentdim.metrics.gaussian import Gaussian

GROUPS = 10


def frechet_spread(
    made: Tensor | NDArray, reference: Gaussian | Tensor | NDArray, *, pairs: Tensor | NDArray | None = None
) -> float | None:
    """Standard deviation of the Fréchet distance over repeated draws of as many made vectors.

    Only made vectors are thought of as drawn again. Where each belongs to a real one (a reconstruction), the two leave
    together, and the spread is over repeated draws of pairs.

    Args:
        made: vectors, ``(N, d)``, in an order without a period of ten.
        reference: what they are compared with: vectors, ``(M, d)``, or the Gaussian with their moments.
        pairs: the real vector that each belongs to, ``(N, d)``.

    Returns:
        None where fewer than d + 1 vectors would be left: there the distance is no smooth function of the moments.
    """
    made = torch.as_tensor(made)
    if len(made) * (GROUPS - 1) // GROUPS <= made.shape[1]:
        return None
    if pairs is not None:
        others: Iterable[Gaussian] = gaussians_without_a_group(torch.as_tensor(pairs))
    else:
        others = repeat(reference if isinstance(reference, Gaussian) else Gaussian.of(torch.as_tensor(reference)))
    left = zip(gaussians_without_a_group(made), others, strict=False)
    values = torch.tensor([other.distance(rest) for rest, other in left], dtype=torch.float64)
    return float(values.var(correction=0) * (GROUPS - 1)) ** 0.5


def gaussians_without_a_group(vectors: Tensor) -> Iterator[Gaussian]:
    """Moments of a sample without every tenth vector, for each of the ten starts; the sums are taken once."""
    centre = vectors.mean(dim=0, dtype=torch.float64)
    groups = [vectors[start::GROUPS].to(torch.float64) - centre for start in range(GROUPS)]
    sums = torch.stack([group.sum(dim=0) for group in groups])
    scatters = torch.stack([group.T @ group for group in groups])
    total_sum, total_scatter = sums.sum(dim=0), scatters.sum(dim=0)
    for group, its_sum, its_scatter in zip(groups, sums, scatters, strict=True):
        n = len(vectors) - len(group)
        mean = (total_sum - its_sum) / n
        yield Gaussian(mean + centre, (total_scatter - its_scatter - n * torch.outer(mean, mean)) / (n - 1))
