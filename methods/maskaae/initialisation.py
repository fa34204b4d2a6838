"""Initial weights as in the code released for MNIST, which is TensorFlow 1's."""

from __future__ import annotations

import math

import torch
from torch import nn

from latentdim.nets.modules import SpectralNorm, Weighted

TRUNCATED_STD = 0.87962566103423978  # of a standard normal cut off at ±2, which TensorFlow divides by


def draw_as_released(network: nn.Module, *, generator: torch.Generator) -> None:
    """Draw all weights and biases anew, layer by layer.

    The released code asks for Glorot-normal weights: normal with variance 2 / (fan-in + fan-out) after it is cut off at
    two standard deviations. For biases it asks for nothing, which isn't zero: TensorFlow then draws them, too, from the
    Glorot-uniform law, whose both fans are a bias's n entries: within ±√(3 / n).
    """
    for layer in network.modules():
        if isinstance(layer, Weighted):
            with torch.no_grad():
                fans = layer.weight[0, 0].numel() * (layer.weight.shape[0] + layer.weight.shape[1])
                std = math.sqrt(2.0 / fans) / TRUNCATED_STD
                nn.init.trunc_normal_(layer.weight, std=std, a=-2 * std, b=2 * std, generator=generator)
                if layer.bias is not None:
                    bound = math.sqrt(3.0 / len(layer.bias))
                    layer.bias.uniform_(-bound, bound, generator=generator)
    for layer in network.modules():
        if isinstance(layer, SpectralNorm):
            layer.begin(generator)
