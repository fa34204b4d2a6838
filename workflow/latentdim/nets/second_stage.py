"""The second stage of a two-stage VAE: a VAE on codes, and the prior that it makes (Dai & Wipf, 2019, section 4)."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from latentdim.nets.architectures.two_stage import SecondStage as SecondStageNetwork
from latentdim.nets.draws import Draws
from latentdim.nets.latent import GaussianVAE
from latentdim.nets.likelihood import LearnedGaussian
from latentdim.nets.posterior import GaussianPosterior
from latentdim.nets.prior import TrainedPrior
from latentdim.study.protocol import Training

IMPORTANCE_DRAWS = 64


def second_stage_protocol(protocol: Training, *, width: int, depth: int, **changes: Any) -> Training:
    """A protocol with the second stage's network and objective in place of its own.

    Args:
        width, depth: of the hidden layers.
        changes: to further fields.
    """
    network = SecondStageNetwork(width=width, depth=depth)  # type: ignore[call-arg]
    objective = {"likelihood": "gaussian", "reduction": "sum", "decoder_variance": "learned"}
    return protocol.model_copy(update={"network": network} | objective | changes)


class SecondStage(GaussianVAE):
    """A VAE of as many latent dimensions u as the codes z have; the decoder's deviation γ is learned in the loss."""

    log_deviation: nn.Parameter
    likelihood: LearnedGaussian

    @classmethod
    def of_codes(cls, protocol: Training, *, dim: int, generator: torch.Generator) -> SecondStage:
        """One for codes of ``dim`` axes, under a protocol that :func:`second_stage_protocol` made."""
        return cls.build(protocol, dim=dim, shape=(dim,), generator=generator)

    def posterior(self, x: Tensor) -> GaussianPosterior:
        """q(u | z) of codes."""
        mean, log_var = self.encoder(x).chunk(2, dim=1)
        return GaussianPosterior(mean, log_var)

    def terms(self, codes: Tensor, noise: Draws) -> dict[str, Tensor]:
        """The negative evidence bound of a batch of codes ``(n, L)``: the mean over them, sums over axes, in nats."""
        posterior = self.posterior(codes)
        return {
            "reconstruction": self.likelihood.loss(self, posterior.draw(noise), codes),
            "kl": posterior.kl(self.prior).mean(),
        }


class SecondStagePrior(TrainedPrior):
    """p(z) = ∫ N(z; D(u), γ² I) N(u; 0, I) du.

    Attributes:
        stage: D and γ, with the encoder that they were trained with.
    """

    def __init__(self, stage: SecondStage) -> None:
        super().__init__(stage.dim)
        self.stage = stage

    def sample(self, n: int, draws: Draws) -> Tensor:
        """``n`` codes, ``(n, L)``: D(u) + γ ε."""
        u, noise = draws.rows(n, 2 * self.stage.dim).chunk(2, dim=1)
        return self.stage.decode(u) + self.stage.log_deviation.exp() * noise

    def log_density(self, z: Tensor) -> Tensor:
        """log p(z), ``(n,)`` in nats, by importance sampling from the encoder with draws that are always the same.

        In expectation a lower bound (Burda et al., 2016, eq. 8).
        """
        stage, draws = self.stage, Draws.named("second stage", "importance", device=z.device)
        posterior = stage.posterior(z)
        logs = []
        for _ in range(IMPORTANCE_DRAWS):
            u = posterior.draw(draws)
            joint = stage.likelihood.log_density(z, stage.decode(u)) + stage.prior.log_density(u)
            logs.append(joint - posterior.log_density(u))
        return torch.stack(logs).logsumexp(dim=0) - math.log(IMPORTANCE_DRAWS)
