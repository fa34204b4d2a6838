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
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state, gradient = self.state[parameter], parameter.grad
                if not state:
                    state["mean_square"] = torch.ones_like(parameter)
                mean_square = state["mean_square"].mul_(group["decay"])
                mean_square.addcmul_(gradient, gradient, value=1.0 - group["decay"])
                parameter.addcdiv_(gradient, (mean_square + group["eps"]).sqrt_(), value=-group["lr"])


def optimizer_for(parameters: Iterable[nn.Parameter], rate: float, config: Config) -> Optimizer:
    """The configured kind of optimiser at one of the four learning rates."""
    if config.optimizer == "rmsprop_tensorflow":
        return TensorFlowRMSprop(parameters, lr=rate)
    if config.optimizer == "rmsprop_torch":
        return torch.optim.RMSprop(parameters, lr=rate)
    return torch.optim.Adam(parameters, lr=rate, betas=(0.5, 0.9), fused=True)
