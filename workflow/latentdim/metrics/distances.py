"""Squared distances between many vectors, a block of rows at a time: one matrix product each, in float64.

|x − y|² = |x|² + |y|² − 2 x·y loses digits where vectors are long and near each other, so both sets are first moved to
a common centre amid vectors that can be trusted, and float32 is never enough.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from numpy.typing import NDArray
from torch import Tensor

GROUP = 32
BLOCK_BYTES = 2**26  # of one block of distances; the next one is written over it


def centred(*, reference: Tensor | NDArray, **sets: Tensor | NDArray) -> tuple[Tensor, ...]:
    """The sets and then the reference in float64 about the reference's mean, each ``(N, d)``; distances stay.

    Not about a common mean: a single generated vector far off would draw it away, and all the others would lose digits.

    Raises:
        ValueError: naming the set, if it is no matrix, empty, not finite, or of another width than the first.
    """
    vectors = {name: torch.as_tensor(given).detach() for name, given in (sets | {"reference": reference}).items()}
    first, width = next(iter(vectors)), next(iter(vectors.values())).shape[-1:]
    for name, found in vectors.items():
        if found.dim() != 2 or not found.numel():
            raise ValueError(f"{name} has shape {tuple(found.shape)}; a matrix (N, d) is needed")
        if found.shape[1:] != width:
            raise ValueError(f"{first} has {width[0]} values a vector but {name} has {found.shape[1]}")
        if not bool(torch.isfinite(found).all()):
            raise ValueError(f"{name} holds NaN or infinity")
    mean = vectors["reference"].mean(dim=0, dtype=torch.float64)
    return tuple(found.to(torch.float64) - mean for found in vectors.values())


def blocks(rows: Tensor, columns: Tensor, offsets: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """``offsets − 2 rows · columnsᵀ``, which are squared distances but for each row's own square.

    Args:
        rows: ``(N, d)``.
        columns: ``(M, d)``.
        offsets: of the columns, ``(M,)``; their squared lengths, for distances.

    Yields:
        Which rows, and their block ``(rows, M)``. Its memory is used again for the next one; it may be written to.
    """
    height = min(len(rows), max(1, BLOCK_BYTES // (len(columns) * rows.element_size())))
    memory = torch.empty(height, len(columns), dtype=rows.dtype, device=rows.device)
    right = torch.cat([columns, offsets[:, None]], dim=1).T  # one more factor of the product: no pass over the block
    for start in range(0, len(rows), height):
        part = rows[start : start + height]
        left = torch.cat([-2.0 * part, torch.ones_like(part[:, :1])], dim=1)
        yield slice(start, start + len(part)), torch.mm(left, right, out=memory[: len(part)])


def smallest(block: Tensor, k: int) -> Tensor:
    """The k smallest numbers of each row, ``(rows, k)`` in any order.

    They lie in the k groups of columns with the smallest minima, and only these are sorted: minima take a pass at the
    memory's speed, sorting whole rows twice as long.
    """
    width = block.shape[1] // GROUP
    if width <= k:
        return block.topk(k, dim=1, largest=False, sorted=False).values
    groups = block[:, : GROUP * width].unflatten(1, (GROUP, width))
    nearest = groups.amin(dim=1).topk(k, dim=1, largest=False, sorted=False).indices
    chosen = groups.gather(2, nearest[:, None, :].expand(-1, GROUP, -1)).flatten(start_dim=1)
    rest = block[:, GROUP * width :]
    return torch.cat([chosen, rest], dim=1).topk(k, dim=1, largest=False, sorted=False).values
