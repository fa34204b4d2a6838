"""A VAE with a prior variance for each axis, and ARD-VAE's rule for which axes are relevant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

import torch
from torch import Tensor, nn

from latentdim.metrics.relevance import active_by_relevance, relevance_weights
from latentdim.nets import GaussianVAE
from latentdim.nets.build import Decoder
from latentdim.nets.draws import Draws
from latentdim.training import Task
from methods.ard_vae import Config

ENCODE_BATCH = 1000


class ArdVAE(GaussianVAE):
    """Everything estimated from codes is a buffer, so a restored model needs no data.

    Attributes:
        prior_variance: b/a of eq. 18 as the training sees it, refreshed from each X_α, ``(L,)``.
        generation_variance: the same from the first training examples, for samples and the relevance score.
        relevant: the active axes, bool ``(L,)``.
    """

    variance_about_zero: ClassVar[bool] = True
    prior_variance: Tensor
    generation_variance: Tensor
    relevant: Tensor

    def __init__(self, encoder: nn.Module, decoder: Decoder, *, dim: int, shape: tuple[int, ...]) -> None:
        super().__init__(encoder, decoder, dim=dim, shape=shape)
        self.register_buffer("prior_variance", torch.ones(dim))
        self.register_buffer("generation_variance", torch.ones(dim))
        self.register_buffer("relevant", torch.ones(dim, dtype=torch.bool))

    def prior(self, n: int, draws: Draws) -> Tensor:
        """Draws from N(rest, generation_variance): the paper's prior has mean zero, which ``rest`` then is."""
        return self.rest + super().prior(n, draws) * self.generation_variance.sqrt()

    def prior_variances(self) -> Tensor:
        """b/a of eq. 18 from the last X_α."""
        return self.prior_variance

    def refreshed_prior(self, examples: Iterable[Tensor], draws: Draws) -> Tensor:
        """One update as in training: b/a of eq. 9 and 18, about zero."""
        return self.estimate(examples, draws, config=Config())[0]

    def active(self) -> Tensor:
        """The axes that eq. 19–20 find relevant."""
        return self.relevant

    def estimate(self, examples: Iterable[Tensor], draws: Draws, *, config: Config) -> tuple[Tensor, Tensor]:
        """Variance of the prior, and mean of the codes' means, from a set of examples.

        Eq. 8–9 with a⁰ = b⁰ = 0 and μ^α = 0 make b/a the mean of z² over one posterior draw per example (supplement,
        Algorithm 2), summed in float64. The Student-t prior of eq. 11 is taken as N(0, b/a), eq. 17.

        Args:
            examples: batches ``(B, *shape)``.
            draws: for one code of each.

        Returns:
            Two tensors ``(L,)``; the variances are at least ``config.variance_floor``.
        """
        sums = torch.zeros(3, self.dim, dtype=torch.float64, device=self.rest.device)
        count = 0
        for batch in examples:
            mean, log_var = self.posterior(batch)
            z = self.draw(mean, log_var, draws).double()
            sums += torch.stack([z.square().sum(dim=0), z.sum(dim=0), mean.double().sum(dim=0)])
            count += len(batch)
        square, center, encoded = sums / count
        variance = square if config.moment == "about_zero" else square - center.square()
        return variance.clamp(min=config.variance_floor).to(self.rest.dtype), encoded.to(self.rest.dtype)

    def relevance(self, x: Tensor, draws: Draws, *, config: Config) -> Tensor:
        """Relevance score of each axis (eq. 19–20), from the decoder's Jacobian at the codes of ``x``; ``(L,)``."""
        z = self.encode(x, sample=draws if config.jacobian_at == "sample" else None)
        return relevance_weights(self.decode, z, reduction=config.jacobian_reduction) * self.generation_variance

    def settle(self, task: Task, *, n_alpha: int, config: Config) -> None:
        """Set what generation and ``active`` rest on, from the first training examples. Leaves the training alone."""
        first = torch.arange(n_alpha, device=task.device)
        draws, points = (Draws.named(*task.names, name, device=task.device) for name in ("generation", "relevance"))
        variance, encoded = self.estimate(example_batches(task, first), draws, config=config)
        self.generation_variance.copy_(variance)
        if config.generation_mean == "encodings":
            self.rest.copy_(encoded)
        x = task.examples(first[: config.n_jacobian])
        scores = self.relevance(x, points, config=config)
        self.relevant.copy_(active_by_relevance(scores, share=config.relevance_share, strict=config.relevance_strict))


def example_batches(task: Task, indices: Tensor) -> Iterator[Tensor]:
    """Training examples at these positions, as the network sees them, in batches."""
    for part in indices.to(task.device).split(ENCODE_BATCH):
        yield task.examples(part)
