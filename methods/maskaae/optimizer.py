"""The optimisers that MaskAAE brings along."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from methods.maskaae import Config


class TensorFlowRMSprop(Optimizer):
    """RMSProp as TensorFlow 1 has it: ε inside the root, and a running mean square that starts at one.

    v ← ρ v + (1 − ρ) g², p ← p − η g / √(v + ε). With gradients of size 1e-3 the start at one makes for an implicit
    warm-up of about 150 steps, which torch's version (from zero, ε outside the root) lacks.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], *, lr: float, decay: float = 0.9, eps: float = 1e-10
    ) -> None:
        super().__init__(parameters, {"lr": lr, "decay": decay, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """One update along the parameters' gradients."""
        for group in self.param_groups:
            moved = [p for p in group["params"] if p.grad is not None]
            for parameter in moved:
                if not self.state[parameter]:
                    self.state[parameter]["mean_square"] = torch.ones_like(parameter)
            squares, gradients = [self.state[p]["mean_square"] for p in moved], [p.grad for p in moved]
            torch._foreach_mul_(squares, group["decay"])
            torch._foreach_addcmul_(squares, gradients, gradients, value=1.0 - group["decay"])
            roots = torch._foreach_add(squares, group["eps"])
            torch._foreach_sqrt_(roots)
            torch._foreach_addcdiv_(moved, gradients, roots, value=-group["lr"])


def optimizer_for(parameters: Iterable[nn.Parameter], rate: float, config: Config) -> Optimizer:
    """The configured kind of optimiser at one of the four learning rates."""
    if config.optimizer == "rmsprop_tensorflow":
        return TensorFlowRMSprop(parameters, lr=rate)
    if config.optimizer == "rmsprop_torch":
        return torch.optim.RMSprop(parameters, lr=rate)
    return torch.optim.Adam(parameters, lr=rate, betas=(0.5, 0.9), fused=True)
