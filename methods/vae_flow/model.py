"""A VAE whose posterior is a diagonal Gaussian sent through a flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from latentdim.nets import Draws, GaussianPosterior, Posterior, Prior, decoder_of, encoder_of
from latentdim.nets.build import Decoder
from latentdim.nets.initial import draw_weights
from latentdim.nets.latent import NetworkModel
from latentdim.study.protocol import Training
from methods.vae_flow import Config
from methods.vae_flow.flows import Flow, InverseAutoregressiveFlow, PlanarFlow


@dataclass(frozen=True)
class FlowPosterior(Posterior):
    """The distribution of z_K = f(z_0) with z_0 from a diagonal Gaussian.

    Attributes:
        base: of z_0.
        flow: f.
        parameters: what the encoder hands to it, ``(B, P)``.
    """

    base: GaussianPosterior
    flow: Flow
    parameters: Tensor

    @property
    def mean(self) -> Tensor:  # type: ignore[override]
        """Where the flow takes the base's mean, ``(B, L)``: the code of an example. The true mean isn't known."""
        return self.through(self.base.mean)[0]

    def draw(self, draws: Draws) -> Tensor:
        """One code of each example, ``(B, L)``."""
        return self.through(self.base.draw(draws))[0]

    def draw_with_kl(self, draws: Draws, prior: Prior) -> tuple[Tensor, Tensor]:
        """One code of each example, and log q(z_0) − log |det ∂f/∂z_0| − log p(z_K) at it, ``(B, L)`` and ``(B,)``."""
        start = self.base.draw(draws)
        z, log_det = self.through(start)
        return z, self.base.log_density(start) - log_det - prior.log_density(z)

    def through(self, start: Tensor) -> tuple[Tensor, Tensor]:
        """z_K and log |det ∂z_K/∂z_0| of codes z_0 ``(B, L)``; always float32, which sums of logarithms need."""
        with torch.autocast(start.device.type, enabled=False):
            z, log_det = self.flow(start, self.parameters)
        return z, log_det


class FlowVAE(NetworkModel):
    """An encoder with further outputs for the flow, the flow, and a decoder."""

    def __init__(self, encoder: nn.Module, decoder: Decoder, flow: Flow, *, dim: int, shape: tuple[int, ...]) -> None:
        super().__init__(encoder, decoder, dim=dim, shape=shape)
        self.flow = flow

    @classmethod
    def initial(
        cls, protocol: Training, config: Config, *, dim: int, shape: tuple[int, ...], generator: torch.Generator
    ) -> Self:
        """The protocol's networks, then the flow with weights as torch's layers have; all drawn from ``generator``."""
        flow: Flow = PlanarFlow(dim, steps=config.steps)
        if config.flow == "iaf":
            flow = InverseAutoregressiveFlow(dim, steps=config.steps, hidden=config.hidden, context=config.context)
        outputs = 2 * dim + flow.n_parameters
        encoder = encoder_of(protocol, shape=shape, dim=dim, outputs=outputs, generator=generator)
        decoder = decoder_of(protocol, shape=shape, dim=dim, generator=generator)
        draw_weights(flow, "torch", generator=generator)
        model = cls(encoder, decoder, flow, dim=dim, shape=shape)
        model.take_likelihood(protocol, kl_weight=config.beta)
        return model

    def posterior(self, x: Tensor) -> FlowPosterior:
        """q(z | x) of a batch."""
        out = self.encoder(x).float()
        mean, log_var, parameters = out.split([self.dim, self.dim, self.flow.n_parameters], dim=1)
        return FlowPosterior(GaussianPosterior(mean, log_var), self.flow, parameters)

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """Where the flow takes the base's means, or draws from the posterior."""
        posterior = self.posterior(x)
        return posterior.mean if sample is None else posterior.draw(sample)
