"""Squared distances between many vectors, a block of rows at a time: one matrix product each, in float64.

|x − y|² = |x|² + |y|² − 2 x·y loses digits where vectors are long and near each other, so both sets are first moved to
a common centre, and float32 is never enough.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from numpy.typing import NDArray
from torch import Tensor

BLOCK_BYTES = 2**26  # of one block of distances; the next one is written over it


def centred(**sets: Tensor | NDArray) -> tuple[Tensor, ...]:
    """The sets in float64 about their common mean, each ``(N, d)``; distances are what they were.

    Raises:
        ValueError: naming the set, if it is no matrix, empty, not finite, or of another width than the first.
    """
    vectors = {name: torch.as_tensor(given).detach() for name, given in sets.items()}
    first, width = next(iter(vectors)), next(iter(vectors.values())).shape[-1:]
    for name, found in vectors.items():
        if found.dim() != 2 or not found.numel():
            raise ValueError(f"{name} has shape {tuple(found.shape)}; a matrix (N, d) is needed")
        if found.shape[1:] != width:
            raise ValueError(f"{first} has {width[0]} values a vector but {name} has {found.shape[1]}")
        if not bool(torch.isfinite(found).all()):
            raise ValueError(f"{name} holds NaN or infinity")
    total = sum(len(found) for found in vectors.values())
    mean = torch.stack([found.sum(dim=0, dtype=torch.float64) for found in vectors.values()]).sum(dim=0) / total
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
    for start in range(0, len(rows), height):
        part = rows[start : start + height]
        block = memory[: len(part)]
        torch.addmm(offsets, part, columns.T, alpha=-2.0, out=block)
        yield slice(start, start + len(part)), block
