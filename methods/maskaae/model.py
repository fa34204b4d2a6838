"""The masked autoencoder."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from latentdim.nets import Autoencoder, decoder_of, encoder_of
from latentdim.nets.build import Decoder, mlp
from latentdim.study.protocol import Mlp, Training
from methods.maskaae import Config
from methods.maskaae.initialisation import draw_as_released
from methods.maskaae.objective import mask_of

CRITIC_BESIDE_CONVOLUTIONS = (1024,)  # supplement 9.4.2–9.4.4, "same as in 9.4.1"


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
        """The protocol's networks, a critic as wide as its mlp, and θ ~ U[0, a]; all drawn from ``generator``."""
        network = protocol.network
        hidden = network.hidden if isinstance(network, Mlp) else CRITIC_BESIDE_CONVOLUTIONS
        widths = (dim, *(hidden if config.critic_hidden is None else config.critic_hidden), 1)
        encoder = encoder_of(protocol, shape=shape, outputs=dim, generator=generator)
        decoder = decoder_of(protocol, shape=shape, dim=dim, generator=generator)
        critic = mlp(widths, generator=generator)
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
