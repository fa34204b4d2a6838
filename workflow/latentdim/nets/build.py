"""Encoders and decoders from the protocol's network block."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from latentdim.study.protocol import ArdConv, Mlp, Training

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
}
OUTPUTS: dict[str, Callable[[], nn.Module]] = {"linear": nn.Identity, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
TRUNCATED_STD = 0.87962566103423978  # of a standard normal cut off at ±2, which Keras divides by
HIDDEN_SEED = 0  # of the released ARD-VAE code: hidden convolutions start alike in every run


class Decoder(nn.Module):
    """Layers, a shape, and an output function that can be left out."""

    def __init__(self, layers: nn.Sequential, output: nn.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = layers
        self.output = output
        self.shape = shape

    def logits(self, z: Tensor) -> Tensor:
        """Values before the output function, ``(B, *shape)``."""
        return self.layers(z).reshape(-1, *self.shape)

    def forward(self, z: Tensor) -> Tensor:
        """Decoded examples, ``(B, *shape)``."""
        out: Tensor = self.output(self.logits(z))
        return out


class SymmetricInput(nn.Module):
    """2x − 1, which the released ARD-VAE encoder applies to its input."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [0, 1] to [−1, 1]."""
        return 2.0 * x - 1.0


class CropLast(nn.Module):
    """Drops the last row and column: TensorFlow's "same" padding of a stride-1 transposed convolution of size 4."""

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, n + 1, n + 1) → (B, C, n, n)``."""
        return x[..., :-1, :-1]


def encoder_of(protocol: Training, *, shape: tuple[int, ...], outputs: int, generator: torch.Generator) -> nn.Module:
    """An encoder ``(B, *shape) → (B, outputs)`` with weights drawn from ``generator``."""
    network = protocol.network
    if isinstance(network, Mlp):
        layers = [nn.Flatten(), *_dense((math.prod(shape), *network.hidden, outputs), network.activation)]
        return _initialised(nn.Sequential(*layers), network.initialisation, generator)
    modules: list[nn.Module] = [SymmetricInput()] if network.symmetric_input else []
    channels = shape[0]
    for filters in network.filters:
        modules += [skip_init(nn.Conv2d, channels, filters, 4, stride=2, padding=1), *_norm(network, filters)]
        channels = filters
    side = shape[1] // 2 ** len(network.filters)
    modules += [nn.Flatten(), skip_init(nn.Linear, channels * side * side, outputs)]
    return _initialised(nn.Sequential(*modules), network.initialisation, generator, fixed=network.fixed_hidden_seed)


def decoder_of(protocol: Training, *, shape: tuple[int, ...], dim: int, generator: torch.Generator) -> Decoder:
    """A decoder ``(B, dim) → (B, *shape)`` with weights drawn from ``generator``."""
    network = protocol.network
    if isinstance(network, Mlp):
        layers = nn.Sequential(*_dense((dim, *reversed(network.hidden), math.prod(shape)), network.activation))
        _initialised(layers, network.initialisation, generator)
    else:
        layers = _conv_decoder(network, shape, dim)
        _initialised(layers, network.initialisation, generator, fixed=network.fixed_hidden_seed)
    return Decoder(layers, OUTPUTS[network.output](), shape)


def mlp(widths: tuple[int, ...], *, generator: torch.Generator, activation: str = "relu") -> nn.Sequential:
    """A plain fully connected network (a critic, say), its last layer without activation."""
    return _initialised(nn.Sequential(*_dense(widths, activation)), "torch", generator)


def _dense(widths: tuple[int, ...], activation: str) -> list[nn.Module]:
    modules: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        modules += [skip_init(nn.Linear, inputs, outputs), ACTIVATIONS[activation]()]
    return modules[:-1]


def _norm(network: ArdConv, channels: int) -> list[nn.Module]:
    norm = nn.BatchNorm2d(channels, eps=network.norm_eps, momentum=network.norm_momentum)
    return [norm, nn.ReLU()] if network.batch_norm else [nn.ReLU()]


def _conv_decoder(network: ArdConv, shape: tuple[int, ...], dim: int) -> nn.Sequential:
    channels, side = network.filters[-1], network.decoder_side
    modules: list[nn.Module] = [
        skip_init(nn.Linear, dim, channels * side * side),
        nn.Unflatten(1, (channels, side, side)),
    ]
    for filters in network.decoder_filters:
        modules += [skip_init(nn.ConvTranspose2d, channels, filters, 4, stride=2, padding=1), *_norm(network, filters)]
        channels = filters
    modules.append(skip_init(nn.ConvTranspose2d, channels, shape[0], 4, stride=network.last_stride, padding=1))
    if network.last_stride == 1:
        modules.append(CropLast())
    return nn.Sequential(*modules)


def _initialised(layers: nn.Sequential, law: str, generator: torch.Generator, *, fixed: bool = False) -> nn.Sequential:
    """Draw every weight from ``generator``; the hidden convolutions from a fixed seed where the protocol says so."""
    weighted = [m for m in layers if isinstance(m, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)]
    for layer in weighted:
        hidden = isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and layer is not weighted[-1]
        source = torch.Generator().manual_seed(HIDDEN_SEED) if fixed and hidden else generator
        _draw(layer, law, hidden=hidden, generator=source)
    return layers


def _draw(
    layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d, law: str, *, hidden: bool, generator: torch.Generator
) -> None:
    weight = layer.weight
    receptive = weight[0, 0].numel() if weight.dim() > 2 else 1
    # Keras and torch alike take a transposed convolution's output channels for its fan-in.
    fan_in, fan_out = receptive * weight.shape[1], receptive * weight.shape[0]
    assert layer.bias is not None
    with torch.no_grad():
        if law == "torch":
            bound = 1.0 / math.sqrt(fan_in)
            weight.uniform_(-bound, bound, generator=generator)
            layer.bias.uniform_(-bound, bound, generator=generator)
            return
        if law == "keras" and hidden:
            std = math.sqrt(2.0 / fan_in) / TRUNCATED_STD
            nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std, generator=generator)
        else:
            bound = math.sqrt(6.0 / (fan_in + fan_out))
            weight.uniform_(-bound, bound, generator=generator)
        layer.bias.zero_()
