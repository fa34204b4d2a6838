"""A VAE with a prior variance for each axis, and ARD-VAE's rule for which axes are relevant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn

from latentdim.metrics.relevance import active_by_relevance, relevance_weights
from latentdim.nets import Draws, GaussianVAE
from latentdim.nets.build import Decoder
from latentdim.training import Task
from methods.ard_vae import Config
from methods.ard_vae.prior import Estimated, prior_of

ENCODE_BATCH = 1000


class ArdVAE(GaussianVAE):
    """Everything estimated from codes is a buffer, so a restored model needs no data.

    Attributes:
        prior: of generation: about ``inactive_value``, with b/a from the first training examples, as the relevance
            score has it. The paper's prior has mean zero, which ``inactive_value`` then is.
        estimated: the prior as the training sees it, refreshed from each X_α.
        relevance: the axes' scores of eq. 20, ``(L,)``.
        relevant: the active axes, bool ``(L,)``: those that make up almost all of the scores' sum.
    """

    prior: Estimated
    relevance: Tensor
    relevant: Tensor

    def __init__(
        self, encoder: nn.Module, decoder: Decoder, *, dim: int, shape: tuple[int, ...], config: Config, n_alpha: int
    ) -> None:
        super().__init__(encoder, decoder, dim=dim, shape=shape, prior=prior_of(dim, config, degrees=n_alpha))
        self.config = config
        self.estimated = prior_of(dim, config, degrees=n_alpha)
        self.n_alpha = n_alpha
        self.register_buffer("relevance", torch.ones(dim, dtype=torch.float64))
        self.register_buffer("relevant", torch.ones(dim, dtype=torch.bool))

    @property
    def objective_prior(self) -> Estimated:
        """p(z | D_z) from the last X_α: N(0, b/a of eq. 18), or the Student-t of eq. 11."""
        return self.estimated

    def active(self) -> Tensor:
        """The axes that eq. 19–20 find relevant."""
        return self.relevant

    def active_scores(self) -> Tensor:
        """The axes' relevance."""
        return self.relevance

    def codes(self, examples: Iterable[Tensor], draws: Draws) -> Iterator[Tensor]:
        """One code of each example, drawn from its posterior, batch by batch."""
        return (self.encode(batch, sample=draws) for batch in examples)

    def relevance_at(self, x: Tensor, draws: Draws) -> Tensor:
        """Relevance score of each axis (eq. 19–20), from the decoder's Jacobian at the codes of ``x``; ``(L,)``."""
        config = self.config
        z = self.encode(x, sample=draws if config.jacobian_at == "sample" else None)
        return relevance_weights(self.decode, z, reduction=config.jacobian_reduction) * self.prior.squared_scale

    def settle(self, task: Task) -> None:
        """Set what generation and ``active`` rest on, from the first training examples. Leaves the training alone."""
        config, first = self.config, torch.arange(self.n_alpha, device=task.device)
        draws, points = (Draws.named(*task.names, name, device=task.device) for name in ("generation", "relevance"))
        self.prior.refresh(self.codes(example_batches(task, first), draws))
        if config.generation_mean == "encodings":
            means = [self.encode(batch).double().sum(dim=0) for batch in example_batches(task, first)]
            self.inactive_value.copy_(torch.stack(means).sum(dim=0) / self.n_alpha)
            self.prior.mean.copy_(self.inactive_value)
        x = task.examples(first[: config.n_jacobian])
        self.relevance.copy_(self.relevance_at(x, points))
        active = active_by_relevance(self.relevance, share=config.relevance_share, strict=config.relevance_strict)
        self.relevant.copy_(active)


def example_batches(task: Task, indices: Tensor) -> Iterator[Tensor]:
    """Training examples at these positions, as the network sees them, in batches."""
    for part in indices.to(task.device).split(ENCODE_BATCH):
        yield task.examples(part)
