"""Encoders and decoders built from the layers of the protocol's network."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

import latentdim.nets.layers as data
from latentdim.nets.count import architecture, compatibility
from latentdim.nets.initial import draw_weights
from latentdim.nets.kernels import Layers
from latentdim.nets.layer_table import rows, sizes_of
from latentdim.nets.modules import (
    AxialAttention,
    Concatenate,
    Crop,
    Pad,
    Residual,
    Scale,
    SpectralNorm,
    SwapAxes,
    Unused,
    Upsample,
    Weighted,
)
from latentdim.study.protocol import Training

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
}
NORMS = {0: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}  # by the number of axes beside the channels
CONVOLUTIONS = {
    (data.Conv, 2): nn.Conv2d,
    (data.Conv, 3): nn.Conv3d,
    (data.ConvTranspose, 2): nn.ConvTranspose2d,
    (data.ConvTranspose, 3): nn.ConvTranspose3d,
}
OUTPUTS: dict[str, Callable[[], nn.Module]] = {"linear": nn.Identity, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}


class Decoder(nn.Module):
    """Layers that end in the shape of examples, and an output function that can be left out."""

    def __init__(self, layers: nn.Sequential, output: nn.Module) -> None:
        super().__init__()
        self.layers = layers
        self.output = output

    def logits(self, z: Tensor) -> Tensor:
        """Values before the output function, ``(B, *shape)``."""
        out: Tensor = self.layers(z)
        return out

    def forward(self, z: Tensor) -> Tensor:
        """Decoded examples, ``(B, *shape)``."""
        out: Tensor = self.output(self.logits(z))
        return out


def encoder_of(
    protocol: Training, *, shape: tuple[int, ...], dim: int, outputs: int, generator: torch.Generator
) -> nn.Sequential:
    """An encoder ``(B, *shape) → (B, outputs)`` with weights drawn from ``generator``.

    Args:
        dim: latent dimension of the decoder that goes with it.

    Raises:
        ValueError: if the network can't take such examples.
    """
    _refuse_incompatible(protocol, shape, dim)
    parts = architecture(protocol.network, shape=shape, dim=dim, outputs=outputs)
    layers = stacked(parts.encoder, shape)
    draw_weights(layers, parts.initialisation, generator=generator, hidden_seed=parts.hidden_seed)
    return layers


def decoder_of(protocol: Training, *, shape: tuple[int, ...], dim: int, generator: torch.Generator) -> Decoder:
    """A decoder ``(B, dim) → (B, *shape)`` with weights drawn from ``generator``.

    Raises:
        ValueError: if the network can't make such examples.
    """
    _refuse_incompatible(protocol, shape, dim)
    parts = architecture(protocol.network, shape=shape, dim=dim)
    layers = stacked(parts.decoder, (dim,))
    draw_weights(layers, parts.initialisation, generator=generator, hidden_seed=parts.hidden_seed)
    return Decoder(layers, OUTPUTS[parts.output]())


def mlp(widths: tuple[int, ...], *, generator: torch.Generator, activation: data.ActivationName = "relu") -> nn.Module:
    """A plain fully connected network (a critic, say), its last layer without activation.

    Args:
        widths: of its input, its hidden layers and its output.
    """
    layers = stacked(data.dense(widths[1:], activation), widths[:1])
    draw_weights(layers, "torch", generator=generator)
    return layers


def stacked(layers: Iterable[data.Layer], shape: data.Shape) -> nn.Sequential:
    """Layers as modules, for examples of ``shape``; their weights are not drawn yet.

    Raises:
        Incompatible: if a layer can't take what reaches it.
    """
    table, modules = rows(layers, shape), []
    for row in table:
        modules.append(_module(row.layer, shape))
        shape = row.shape
    stack = Layers(*modules)
    stack.widest = max(sizes_of(table), default=0)
    return stack


def _module(layer: data.Layer, shape: data.Shape) -> nn.Module:
    """The module of one layer that is given examples of ``shape``."""
    axes = len(shape) - 1
    match layer:
        case data.Dense() | data.Conv() | data.ConvTranspose():
            return _weighted(layer, shape)
        case data.Norm(eps=eps, momentum=momentum):
            return NORMS[axes](shape[0], eps=eps, momentum=momentum)
        case data.Activation(name=name):
            return ACTIVATIONS[name]()
        case data.Flatten():
            return nn.Flatten()
        case data.Reshape(shape=new):
            return nn.Unflatten(1, new)
        case data.SwapAxes():
            return SwapAxes()
        case data.Crop(last=last):
            return Crop(data.each_axis(last, axes))
        case data.Pad(before=before, after=after):
            return Pad(data.each_axis(before, axes), data.each_axis(after, axes))
        case data.Upsample(factor=factor):
            return Upsample(data.each_axis(factor, axes))
        case data.Scale(factor=factor, shift=shift):
            return Scale(factor, shift)
        case data.Residual(layers=layers, shortcut=shortcut):
            return Residual(stacked(layers, shape), stacked(shortcut, shape))
        case data.Concatenate(layers=layers):
            return Concatenate(stacked(layers, shape))
        case data.Unused(layers=layers):
            return Unused(stacked(layers, shape))
        case data.SpectralNorm(layer=inner):
            return SpectralNorm(_weighted(inner, shape))
        case data.AxialAttention(heads=heads):
            return AxialAttention(shape[0], heads=heads, axes=axes)


def _weighted(layer: data.Dense | data.Conv | data.ConvTranspose, shape: data.Shape) -> Weighted:
    module: Weighted
    if isinstance(layer, data.Dense):
        module = skip_init(nn.Linear, shape[0], layer.width, bias=layer.bias)
    else:
        kind = CONVOLUTIONS[type(layer), len(shape) - 1]
        sizes = {"stride": layer.stride, "padding": layer.padding, "bias": layer.bias}
        module = skip_init(kind, shape[0], layer.filters, layer.kernel, **sizes)
    return module


def _refuse_incompatible(protocol: Training, shape: tuple[int, ...], dim: int) -> None:
    sentences = compatibility(protocol.network, shape=shape, dim=dim)
    if sentences:
        raise ValueError("; ".join(f"protocol.training.network{sentence}" for sentence in sentences))
