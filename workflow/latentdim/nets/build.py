"""Encoders and decoders built from the layers of the protocol's network."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

import latentdim.nets.layers as data
from latentdim.nets.count import architecture, compatibility, rows
from latentdim.nets.initial import draw_weights
from latentdim.nets.kernels import Layers
from latentdim.study.protocol import Training

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
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


class Scale(nn.Module):
    """``factor · x + shift``."""

    def __init__(self, factor: float, shift: float) -> None:
        super().__init__()
        self.factor, self.shift = factor, shift

    def forward(self, x: Tensor) -> Tensor:
        """Any shape, and the same."""
        return self.factor * x + self.shift


class Crop(nn.Module):
    """Drops the last rows and columns."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self.last = last

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, n, m) → (B, C, n − last, m − last)``."""
        return x[..., : x.shape[-2] - self.last, : x.shape[-1] - self.last]


class Residual(nn.Module):
    """The sum of what two branches make of their input; an empty shortcut hands it on."""

    def __init__(self, layers: nn.Sequential, shortcut: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Any shape that both branches take."""
        out: Tensor = self.layers(x) + self.shortcut(x)
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
    modules = []
    for row in rows(layers, shape):
        modules.append(_module(row.layer, shape))
        shape = row.shape
    return Layers(*modules)


def _module(layer: data.Layer, shape: data.Shape) -> nn.Module:
    """The module of one layer that is given examples of ``shape``."""
    match layer:
        case data.Dense(width=width, bias=bias):
            return skip_init(nn.Linear, shape[0], width, bias=bias)
        case data.Conv() | data.ConvTranspose():
            kind = nn.Conv2d if isinstance(layer, data.Conv) else nn.ConvTranspose2d
            sizes = {"stride": layer.stride, "padding": layer.padding, "bias": layer.bias}
            return skip_init(kind, shape[0], layer.filters, layer.kernel, **sizes)
        case data.Norm(eps=eps, momentum=momentum):
            norm = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
            return norm(shape[0], eps=eps, momentum=momentum)
        case data.Activation(name=name):
            return ACTIVATIONS[name]()
        case data.Flatten():
            return nn.Flatten()
        case data.Reshape(shape=new):
            return nn.Unflatten(1, new)
        case data.Crop(last=last):
            return Crop(last)
        case data.Scale(factor=factor, shift=shift):
            return Scale(factor, shift)
        case data.Residual(layers=layers, shortcut=shortcut):
            return Residual(stacked(layers, shape), stacked(shortcut, shape))


def _refuse_incompatible(protocol: Training, shape: tuple[int, ...], dim: int) -> None:
    sentences = compatibility(protocol.network, shape=shape, dim=dim)
    if sentences:
        raise ValueError("; ".join(f"protocol.training.network{sentence}" for sentence in sentences))
