"""The protocol's optimiser."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from latentdim.study.protocol import Optimizer as OptimizerProtocol


class Adam(torch.optim.Adam):
    """torch's fused Adam to the bit, without what torch looks up and sorts anew for every parameter in every step."""

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """One update along the parameters' gradients."""
        for group in self.param_groups:
            if any(p.grad is not None and not self.state[p] for p in group["params"]):
                super().step()  # the first step, which makes the state
                return
        for group in self.param_groups:
            moved = [p for p in group["params"] if p.grad is not None]
            if not moved:
                continue
            steps, means, squares = ([self.state[p][slot] for p in moved] for slot in ("step", "exp_avg", "exp_avg_sq"))
            torch._foreach_add_(steps, 1)
            torch._fused_adam_(
                moved, [p.grad for p in moved], means, squares, [], steps, amsgrad=False, maximize=False,
                lr=group["lr"], beta1=group["betas"][0], beta2=group["betas"][1], eps=group["eps"],
                weight_decay=group["weight_decay"],
            )  # fmt: skip


def optimizer_of(protocol: OptimizerProtocol, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """The protocol's optimiser, in its fused form where there is one."""
    rate, decay = protocol.learning_rate, protocol.weight_decay
    if protocol.name == "adam":
        betas = (protocol.beta1, protocol.beta2)
        if protocol.amsgrad:
            return torch.optim.Adam(
                parameters, lr=rate, betas=betas, eps=protocol.eps, weight_decay=decay, amsgrad=True, fused=True
            )
        return Adam(parameters, lr=rate, betas=betas, eps=protocol.eps, weight_decay=decay, fused=True)
    if protocol.name == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=rate, eps=protocol.eps, weight_decay=decay)
    if protocol.name == "adagrad":
        return torch.optim.Adagrad(parameters, lr=rate, eps=protocol.eps, weight_decay=decay)
    return torch.optim.SGD(parameters, lr=rate, weight_decay=decay)


def match_layout(optimizer: Optimizer) -> None:
    """Have what an optimiser keeps for each parameter lie in memory as the parameter does.

    Fused optimisers walk along both in the order of memory, and what a checkpoint brings lies row by row.
    """
    for parameter, slots in optimizer.state.items():
        for name, value in slots.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape and value.stride() != parameter.stride():
                slots[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
