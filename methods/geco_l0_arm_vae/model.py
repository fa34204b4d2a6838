"""A VAE with a gate on each latent axis."""

from __future__ import annotations

import math
from typing import Self

import torch
from torch import Tensor, nn

from latentdim.nets import GaussianVAE
from latentdim.nets.build import Decoder
from latentdim.study.protocol import Training
from methods.geco_l0_arm_vae import Config
from methods.geco_l0_arm_vae.objective import multiplier, raw_of


class GatedVAE(GaussianVAE):
    """Codes are those of the encoder; the decoder closes what it is given with the gates as they are decided.

    Its objective is no bound of the evidence under one density, since λ moves; so no likelihood is told.

    Attributes:
        phi: the gates' logits, ``(L,)``.
        raw: what λ is made of, a scalar.
        average: the constraint's moving average.
        met: whether the constraint was ever met, bool; the gates are trained from the next step on.
    """

    phi: nn.Parameter
    raw: nn.Parameter
    average: Tensor
    met: Tensor
    begun: Tensor

    def __init__(
        self, encoder: nn.Module, decoder: Decoder, *, dim: int, shape: tuple[int, ...], config: Config
    ) -> None:
        super().__init__(encoder, decoder, dim=dim, shape=shape)
        self.config = config
        start = math.log(config.gate_start / (1.0 - config.gate_start)) / config.gate_scale
        self.phi = nn.Parameter(torch.full((dim,), start))
        self.raw = nn.Parameter(torch.tensor(raw_of(config.lambda_start)))
        self.register_buffer("average", torch.zeros(()))
        self.register_buffer("met", torch.zeros((), dtype=torch.bool))
        self.register_buffer("begun", torch.zeros((), dtype=torch.bool))

    @classmethod
    def initial(
        cls, protocol: Training, config: Config, *, dim: int, shape: tuple[int, ...], generator: torch.Generator
    ) -> Self:
        """The protocol's networks, drawn from ``generator``, and all gates open."""
        model = cls.build(protocol, dim=dim, shape=shape, generator=generator, config=config)
        model.likelihood = None
        return model

    @property
    def lam(self) -> Tensor:
        """λ, a scalar."""
        return multiplier(self.raw).clamp(self.config.lambda_min, self.config.lambda_max)

    def gated(self, z: Tensor, gates: Tensor) -> Tensor:
        """Reconstructions from codes ``(B, L)`` behind gates ``(L,)``."""
        return super().decode(gates * z)

    def decode(self, z: Tensor) -> Tensor:
        """Reconstructions from codes, closed axes at 0."""
        return self.gated(z, self.active().to(z.dtype))

    def logits(self, z: Tensor) -> Tensor | None:
        """The decoder before its sigmoid, closed axes at 0; None where it ends otherwise."""
        return super().logits(self.active() * z)

    def active(self) -> Tensor:
        """Axes whose gate is open: σ(φ) > ½."""
        return self.phi.detach() > 0

    def active_scores(self) -> Tensor:
        """The gates' logits."""
        return self.phi.detach()
