"""Pruning: parameters lose rows or columns while they are trained, and their optimisers' state with them."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer


@torch.no_grad()
def prune(tensor: Tensor, kept: Tensor, *, axis: int, optimizers: Iterable[Optimizer] = ()) -> None:
    """Keep some slices of a parameter or buffer, and of all that optimisers hold for it, in place.

    The tensor stays the same object, so modules, optimisers' groups and checkpoints go on with it. Sliced with it is
    whatever state has its shape: Adam's moments, the squares of RMSprop and Adagrad, the momentum of gradient descent.
    Step counters stay, so each value that is kept moves on as if it had always been among these alone. Its gradient is
    dropped. No graph through the old values may be alive: call it after an update, or in a hook.

    Args:
        kept: positions along the axis, ``(K,)`` int64, in the order that they shall have.
        axis: 0 for rows (a layer's outputs), 1 for columns (its inputs).

    Raises:
        ValueError: if no position is kept, one is named twice, or one lies outside.
    """
    positions, size = kept.tolist(), tensor.shape[axis]
    if not positions or len(set(positions)) < len(positions) or not all(0 <= position < size for position in positions):
        raise ValueError(f"prune: {positions} are no different positions from 0 to {size - 1} along axis {axis}")
    shape = tensor.shape
    for optimizer in optimizers:
        slots = optimizer.state.get(tensor, {})
        for name, value in slots.items():
            if isinstance(value, Tensor) and value.shape == shape:
                slots[name] = _slices(value, kept, axis)
    tensor.grad = None
    tensor.data = _slices(tensor, kept, axis)


def _slices(tensor: Tensor, kept: Tensor, axis: int) -> Tensor:
    return tensor.index_select(axis, kept.to(tensor.device)).contiguous()
