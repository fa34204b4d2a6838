"""Initial weights, drawn layer after layer in the order in which the layers stand: its weight, then its bias.

All come from one stream, and what isn't there draws nothing. So a layer without a bias leaves those after it the draws
that the bias would have taken, where the law draws biases at all (``torch`` does, the others set them to zero).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from latentdim.nets.layers import Law, Normal
from latentdim.nets.modules import TRANSPOSED, SpectralNorm, Weighted

TRUNCATED_STD = 0.87962566103423978  # of a standard normal cut off at ±2, which Keras divides by


def draw_weights(layers: nn.Module, law: Law, *, generator: torch.Generator, hidden_seed: int | None = None) -> None:
    """Draw every weight and bias of a stack of layers.

    Args:
        law: ``torch``: uniform within ±1/√(fan-in), biases too, as torch's own layers do; ``glorot_uniform``: zero
            biases, Keras's default; ``keras``: the same, but hidden convolutions (those before the last layer that has
            weights) from He's truncated normal; or a normal law with the deviations that it names.
        hidden_seed: draws each hidden convolution from this seed, rather than from ``generator``.
    """
    weighted = [module for module in layers.modules() if isinstance(module, Weighted)]
    for module in weighted:
        hidden = not isinstance(module, nn.Linear) and module is not weighted[-1]
        fixed = hidden and hidden_seed is not None
        stream = torch.Generator().manual_seed(hidden_seed or 0) if fixed else generator
        if isinstance(law, Normal):
            _draw_normal(module, law, generator=stream)
        else:
            _draw(module.weight, module.bias, law, hidden=hidden, generator=stream)
    for normalised in layers.modules():
        if isinstance(normalised, SpectralNorm):
            normalised.begin(generator)


@torch.no_grad()
def _draw_normal(module: Weighted, law: Normal, *, generator: torch.Generator) -> None:
    if law.truncated and not isinstance(module, (nn.Linear, *TRANSPOSED)):
        nn.init.trunc_normal_(module.weight, std=law.std, a=-2 * law.std, b=2 * law.std, generator=generator)
    else:
        module.weight.normal_(std=law.std, generator=generator)
    if module.bias is not None and law.bias_std:
        module.bias.normal_(std=law.bias_std, generator=generator)
    elif module.bias is not None:
        module.bias.zero_()


def _draw(weight: Tensor, bias: Tensor | None, law: str, *, hidden: bool, generator: torch.Generator) -> None:
    receptive = weight[0, 0].numel() if weight.dim() > 2 else 1
    # Keras and torch alike take a transposed convolution's output channels for its fan-in.
    fan_in, fan_out = receptive * weight.shape[1], receptive * weight.shape[0]
    with torch.no_grad():
        if law == "torch":
            bound = 1.0 / math.sqrt(fan_in)
            for tensor in (weight,) if bias is None else (weight, bias):
                tensor.uniform_(-bound, bound, generator=generator)
            return
        if law == "keras" and hidden:
            std = math.sqrt(2.0 / fan_in) / TRUNCATED_STD
            nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std, generator=generator)
        else:
            bound = math.sqrt(6.0 / (fan_in + fan_out))
            weight.uniform_(-bound, bound, generator=generator)
        if bias is not None:
            bias.zero_()
