"""The second stage of a two-stage VAE: a VAE on codes, and the prior that it makes (Dai & Wipf, 2019, section 4)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from latentdim.nets.build import Decoder, stacked
from latentdim.nets.draws import Draws
from latentdim.nets.initial import draw_weights
from latentdim.nets.latent import GaussianVAE
from latentdim.nets.layers import dense
from latentdim.nets.likelihood import LearnedGaussian
from latentdim.nets.posterior import GaussianPosterior
from latentdim.nets.prior import TrainedPrior

IMPORTANCE_DRAWS = 64


class Beside(nn.Module):
    """A linear map of an input and of what hidden layers make of it, side by side."""

    def __init__(self, dim: int, hidden: tuple[int, ...], outputs: int, *, generator: torch.Generator) -> None:
        super().__init__()
        self.hidden = stacked(dense(hidden, "relu"), (dim,))
        self.activation = nn.ReLU()
        self.head = stacked(dense((outputs,), "relu"), (dim + hidden[-1],))
        for part in (self.hidden, self.head):
            draw_weights(part, "glorot_uniform", generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, dim) → (n, outputs)``."""
        out: Tensor = self.head(torch.cat([x, self.activation(self.hidden(x))], dim=1))
        return out


class SecondStage(GaussianVAE):
    """Encoder and decoder of as many latent dimensions u as the codes z have, each seeing its input beside the hidden
    layers; the decoder's deviation γ is one number, learned in the loss from 1 on.
    """

    log_deviation: nn.Parameter

    def __init__(self, dim: int, *, hidden: tuple[int, ...], generator: torch.Generator) -> None:
        encoder = Beside(dim, hidden, 2 * dim, generator=generator)
        decoder = Decoder(nn.Sequential(Beside(dim, hidden, dim, generator=generator)), nn.Identity())
        super().__init__(encoder, decoder, dim=dim, shape=(dim,))
        self.log_deviation = nn.Parameter(torch.zeros(()))
        self.likelihood = LearnedGaussian(log_deviation=self.log_deviation)

    def posterior(self, x: Tensor) -> GaussianPosterior:
        """q(u | z) of codes."""
        mean, log_var = self.encoder(x).chunk(2, dim=1)
        return GaussianPosterior(mean, log_var)

    def terms(self, codes: Tensor, noise: Draws) -> dict[str, Tensor]:
        """The negative evidence bound of a batch of codes ``(n, L)``: the mean over them, sums over axes, in nats."""
        posterior = self.posterior(codes)
        reconstruction = LearnedGaussian(log_deviation=self.log_deviation).loss(self, posterior.draw(noise), codes)
        return {"reconstruction": reconstruction, "kl": posterior.kl(self.prior).mean()}


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
        draws = Draws.named("second stage", "importance", device=z.device)
        posterior = self.stage.posterior(z)
        likelihood = LearnedGaussian(log_deviation=self.stage.log_deviation)
        logs = []
        for _ in range(IMPORTANCE_DRAWS):
            u = posterior.draw(draws)
            joint = likelihood.log_density(z, self.stage.decode(u)) + self.stage.prior.log_density(u)
            logs.append(joint - posterior.log_density(u))
        return torch.stack(logs).logsumexp(dim=0) - math.log(IMPORTANCE_DRAWS)
