"""A decoder with a bounded Lipschitz constant: every linear map in it is divided by its norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call, vjp

from latentdim.nets.build import Decoder
from latentdim.nets.modules import Crop, Weighted

CONTRACTING = (nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.Identity, nn.Flatten, nn.Unflatten, Crop)
FIRST_ITERATIONS = 15  # on the initial weights, as many as torch's spectral normalisation takes


class Bounded(nn.Module):
    """A linear layer divided by its norm as a map between examples, times a bound; its bias stays.

    The norm of a convolution is that of the whole map, which depends on the size of its input, and isn't that of its
    kernel as a matrix (Gouk et al., 2021). It comes from power iteration, one for each pass in training, and always in
    float32: in bfloat16 it would be off by some parts in a thousand, and another one in evaluation.

    Attributes:
        direction: what the map stretches most, of norm 1, shaped like one example that the layer is given.
    """

    direction: Tensor

    def __init__(self, layer: Weighted, shape: tuple[int, ...], *, bound: float, generator: torch.Generator) -> None:
        super().__init__()
        self.layer, self.bound = layer, bound
        self.register_buffer("direction", _unit(torch.randn(shape, generator=generator)))
        for _ in range(FIRST_ITERATIONS):
            self._iterate()

    def linear(self, x: Tensor) -> Tensor:
        """The layer without its bias."""
        bias = self.layer.bias
        without = {} if bias is None else {"bias": torch.zeros_like(bias)}
        out: Tensor = functional_call(self.layer, without, (x,))
        return out

    def norm(self) -> Tensor:
        """The estimate of the map's norm, a scalar; gradients reach the weight, the direction counts as a constant."""
        with torch.autocast(self.direction.device.type, enabled=False):
            return torch.linalg.vector_norm(self.linear(self.direction.clone()[None]))

    def forward(self, x: Tensor) -> Tensor:
        """What the divided layer makes of a batch."""
        if self.training:
            self._iterate()
        weight = self.layer.weight * (self.bound / self.norm())
        out: Tensor = functional_call(self.layer, {"weight": weight}, (x,))
        return out

    @torch.no_grad()
    def _iterate(self) -> None:
        with torch.autocast(self.direction.device.type, enabled=False):
            image, back = vjp(self.linear, self.direction[None])[:2]
            self.direction.copy_(_unit(back(image)[0][0]))


def bound_decoder(decoder: Decoder, *, dim: int, lipschitz: float, generator: torch.Generator) -> None:
    """Give a decoder of ``dim`` latent dimensions a Lipschitz constant, in place.

    Raises:
        ValueError: if it has layers for which none is known; in a sentence that names the first.
    """
    weighted = []
    x = torch.zeros(1, dim)
    with torch.no_grad():
        for index, layer in enumerate(decoder.layers):
            if isinstance(layer, Weighted):
                weighted.append((index, layer, tuple(x.shape[1:])))
            elif not isinstance(layer, CONTRACTING):
                raise ValueError(
                    f"least_volume: the decoder's layer {index} is a {type(layer).__name__}, whose Lipschitz constant "
                    "isn't bounded by 1; choose a protocol.training.network of dense layers and convolutions without "
                    "normalisation, with relu, leaky_relu or tanh"
                )
            x = layer(x)
    for index, layer, shape in weighted:
        bound = lipschitz ** (1.0 / len(weighted))
        decoder.layers[index] = Bounded(layer, shape, bound=bound, generator=generator)


def _unit(vector: Tensor) -> Tensor:
    return vector / torch.linalg.vector_norm(vector).clamp_min(torch.finfo(vector.dtype).tiny)
