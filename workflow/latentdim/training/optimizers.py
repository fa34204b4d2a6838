"""The protocol's optimiser."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn
from torch.optim import Optimizer

from latentdim.study.protocol import Optimizer as OptimizerProtocol


def optimizer_of(protocol: OptimizerProtocol, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """The protocol's optimiser, in its fused form where there is one."""
    rate, decay = protocol.learning_rate, protocol.weight_decay
    if protocol.name == "adam":
        betas = (protocol.beta1, protocol.beta2)
        return torch.optim.Adam(parameters, lr=rate, betas=betas, eps=protocol.eps, weight_decay=decay, fused=True)
    if protocol.name == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=rate, eps=protocol.eps, weight_decay=decay)
    if protocol.name == "adagrad":
        return torch.optim.Adagrad(parameters, lr=rate, eps=protocol.eps, weight_decay=decay)
    return torch.optim.SGD(parameters, lr=rate, weight_decay=decay)
