"""The masked autoencoder."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from latentdim.nets import Autoencoder, decoder_of, encoder_of
from latentdim.nets.build import Decoder, mlp
from latentdim.nets.count import architecture
from latentdim.nets.layers import Activation, Dense, Flatten, SpectralNorm
from latentdim.study.protocol import Training
from methods.maskaae import Config
from methods.maskaae.initialisation import draw_as_released
from methods.maskaae.objective import mask_of

BESIDE_CONVOLUTIONS = (1024,)  # critic; supplement 9.4.2–9.4.4, "same as in 9.4.1"


class MaskedAutoencoder(Autoencoder):
    """Encoder, decoder, critic and mask.

    A code is E(x), *unmasked*; the decoder masks whatever it is given. So encode and decode compose, the prior stays
    the standard normal, samples are masked on their way into the decoder (4.1, point 4), and what an unused axis holds
    is seen through the mask as in training. The codes' covariance (supplement 10.4, over ẑ = E(x)) is that of the
    unmasked codes too.
    """

    theta: nn.Parameter
    iteration: Tensor

    def __init__(
        self, encoder: nn.Module, decoder: Decoder, critic: nn.Module, theta: Tensor, config: Config,
        *, shape: tuple[int, ...],
    ) -> None:  # fmt: skip
        super().__init__(encoder, decoder, dim=len(theta), shape=shape)
        self.critic = critic
        self.config = config
        self.theta = nn.Parameter(theta)
        self.register_buffer("iteration", torch.zeros((), dtype=torch.int64))

    @classmethod
    def initial(
        cls, protocol: Training, config: Config, *, dim: int, shape: tuple[int, ...], generator: torch.Generator
    ) -> Self:
        """The protocol's networks, a critic, and θ ~ U[0, a]; all drawn from ``generator``."""
        hidden = hidden_widths(protocol, dim=dim, shape=shape) if config.critic_hidden is None else config.critic_hidden
        encoder = encoder_of(protocol, shape=shape, dim=dim, outputs=dim, generator=generator)
        decoder = decoder_of(protocol, shape=shape, dim=dim, generator=generator)
        critic = mlp((dim, *hidden, 1), generator=generator)
        if config.initialisation == "released":
            for part in (encoder, decoder, critic):
                draw_as_released(part, generator=generator)
        theta = config.theta_max * torch.rand(dim, generator=generator)
        return cls(encoder, decoder, critic, theta, config, shape=shape)

    @property
    def mask(self) -> Tensor:
        """μ, shape ``(m,)``; ones where the mask is off."""
        return mask_of(self.theta) if self.config.mask else torch.ones_like(self.theta)

    def logits(self, z: Tensor) -> Tensor | None:
        """The decoder before its sigmoid, on masked codes; None where it ends otherwise."""
        return super().logits(self.mask * z)

    def decode(self, z: Tensor) -> Tensor:
        """Reconstructions from unmasked codes: D(μ ⊙ z), with the soft mask as learned."""
        return super().decode(self.mask * z)

    def active(self) -> Tensor:
        """Dimensions whose mask reaches the threshold (released code; not stated in the paper)."""
        return self.mask.detach() >= self.config.active_threshold

    def active_scores(self) -> Tensor | None:
        """The mask; None where it is off."""
        return self.mask.detach() if self.config.mask else None


def hidden_widths(protocol: Training, *, dim: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Widths of a critic's hidden layers: those of a fully connected encoder, and fixed ones beside any other."""
    encoder = architecture(protocol.network, shape=shape, dim=dim).encoder
    layers = [layer.layer if isinstance(layer, SpectralNorm) else layer for layer in encoder]
    if not all(isinstance(layer, Flatten | Dense | Activation) for layer in layers):
        return BESIDE_CONVOLUTIONS
    return tuple(layer.width for layer in layers if isinstance(layer, Dense))[:-1]
