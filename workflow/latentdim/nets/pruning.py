"""Pruning: parameters lose rows or columns while they are trained, and their optimisers' state with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from latentdim.nets.build import Decoder
from latentdim.nets.modules import Concatenate, SpectralNorm, Weighted


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


def prune_axes(encoder: nn.Sequential, decoder: Decoder, kept: Tensor, *, optimizers: Iterable[Optimizer] = ()) -> None:
    """Take latent axes away from a network: rows of the encoder's head, columns of the decoder's first layer.

    With the axes that go held at zero it would give the same decoded examples, unless its decoder's weights are divided
    by their norms, which fall with the columns. An encoder of several numbers an axis
    (means, then log-variances) loses the same axes from each of them.

    Args:
        kept: positions among the latent axes that it has, ``(K,)`` int64, in the order that they shall have.

    Raises:
        ValueError: if no position is kept, one is named twice, or one lies outside; if the network neither ends in a
            dense head nor begins with a dense layer.
    """
    head, entrances = _head(encoder), _entrances(decoder)
    dim, kept, optimizers = entrances[0].in_features, kept.cpu(), tuple(optimizers)
    rows = torch.cat([kept + start for start in range(0, head.out_features, dim)])
    for layer in entrances:
        columns = torch.cat([kept, torch.arange(dim, layer.in_features)])
        prune(layer.weight, columns, axis=1, optimizers=optimizers)
        layer.in_features = len(columns)
    for tensor in (head.weight, head.bias, *_directions(encoder, head)):
        if tensor is not None:
            prune(tensor, rows, axis=0, optimizers=optimizers)
    head.out_features = len(rows)


def _head(encoder: nn.Sequential) -> nn.Linear:
    """The encoder's last layer with weights."""
    last = [module for module in encoder.modules() if isinstance(module, Weighted)][-1:]
    if not last or not isinstance(last[0], nn.Linear):
        raise ValueError("prune_axes: the encoder doesn't end in a dense head")
    return last[0]


def _entrances(decoder: Decoder) -> list[nn.Linear]:
    """The dense layers whose first inputs are the code: the first one, and the one after a code that is handed on."""
    modules = list(decoder.layers)[:2]
    if modules and isinstance(modules[0], Concatenate):
        modules[0] = modules[0].layers[0]
    else:
        del modules[1:]
    entrances = [module.layer if isinstance(module, SpectralNorm) else module for module in modules]
    if not modules or not all(isinstance(module, nn.Linear) for module in entrances):
        raise ValueError("prune_axes: the decoder doesn't begin with a dense layer")
    return cast("list[nn.Linear]", entrances)


def _directions(encoder: nn.Module, head: nn.Linear) -> Iterable[Tensor]:
    """What spectral normalisation keeps beside the head: a number for each of its outputs."""
    return (
        module.direction for module in encoder.modules() if isinstance(module, SpectralNorm) and module.layer is head
    )


def _slices(tensor: Tensor, kept: Tensor, axis: int) -> Tensor:
    return tensor.index_select(axis, kept.to(tensor.device)).contiguous()
