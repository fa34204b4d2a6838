"""The protocol's optimiser."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn
from torch.optim import Optimizer

from latentdim.protocol import Optimizer as OptimizerProtocol


def optimizer_of(protocol: OptimizerProtocol, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """The protocol's optimiser, in its fused form where there is one."""
    shared = {"lr": protocol.learning_rate, "weight_decay": protocol.weight_decay}
    betas = (protocol.beta1, protocol.beta2)
    if protocol.name == "adam":
        return torch.optim.Adam(parameters, betas=betas, eps=protocol.eps, fused=True, **shared)
    if protocol.name == "rmsprop":
        return torch.optim.RMSprop(parameters, eps=protocol.eps, **shared)
    if protocol.name == "adagrad":
        return torch.optim.Adagrad(parameters, eps=protocol.eps, **shared)
    return torch.optim.SGD(parameters, **shared)
