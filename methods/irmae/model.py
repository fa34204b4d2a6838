"""An autoencoder whose encoder ends in square matrices, seen along the principal directions of its codes."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from latentdim.nets import Autoencoder, DiagonalNormal, Draws, LatentModel, decoder_of, encoder_of
from latentdim.nets.build import stacked
from latentdim.nets.initial import draw_weights
from latentdim.nets.layers import Dense
from latentdim.study.protocol import Training
from latentdim.training import Task
from methods.irmae import Config

ROWS = 1000  # encoded at a time


class ImplicitRank(LatentModel):
    """What is trained is ``plain``; codes are its codes, centred and turned to their principal directions.

    A rotation more is a linear layer more, as the trained ones are absorbed into the encoder too. Without it the rank
    of the codes would be no number of axes. Until a training is completed the rotation is none.

    Attributes:
        plain: encoder, matrices and decoder, as they are trained.
        center: mean of the plain codes, ``(L,)``.
        directions: orthonormal, as columns, the widest first, ``(L, L)``.
        singular_values: of the codes' covariance, largest first, ``(L,)``, in squared units of the codes.
        prior: N(0, singular values): the multivariate Gaussian that the paper fits to the codes to draw from.
    """

    prior: DiagonalNormal
    center: Tensor
    directions: Tensor
    singular_values: Tensor

    def __init__(self, plain: Autoencoder, config: Config) -> None:
        dim = plain.dim
        super().__init__(dim=dim, shape=plain.shape, prior=DiagonalNormal(torch.zeros(dim), torch.ones(dim)))
        self.plain, self.config = plain, config
        self.register_buffer("center", torch.zeros(dim))
        self.register_buffer("directions", torch.eye(dim))
        self.register_buffer("singular_values", torch.ones(dim))

    @classmethod
    def initial(
        cls, protocol: Training, config: Config, *, dim: int, shape: tuple[int, ...], generator: torch.Generator
    ) -> Self:
        """The protocol's networks, then the matrices, uniform within ±1/√L; all drawn from ``generator``."""
        encoder = encoder_of(protocol, shape=shape, dim=dim, outputs=dim, generator=generator)
        decoder = decoder_of(protocol, shape=shape, dim=dim, generator=generator)
        matrices = stacked([Dense(dim, bias=False)] * config.linear_layers, (dim,))
        draw_weights(matrices, "torch", generator=generator)
        return cls(Autoencoder(nn.Sequential(encoder, matrices), decoder, dim=dim, shape=shape), config)

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """Codes along the principal directions; there is no posterior to draw from, so draws are left alone."""
        return (self.plain.encode(x) - self.center) @ self.directions

    def decode(self, z: Tensor) -> Tensor:
        """What the decoder makes of the plain code."""
        return self.plain.decode(z @ self.directions.T + self.center)

    def logits(self, z: Tensor) -> Tensor | None:
        """The decoder before its sigmoid; None where it ends otherwise."""
        return self.plain.logits(z @ self.directions.T + self.center)

    def active(self) -> Tensor:
        """Directions whose singular value isn't next to nothing."""
        return self.singular_values > self.config.rank_threshold * self.singular_values.max()

    def active_scores(self) -> Tensor:
        """The singular values."""
        return self.singular_values

    def settle(self, task: Task) -> None:
        """Turn to the principal directions of the first training examples' codes. Leaves the training alone."""
        first = torch.arange(min(self.config.n_codes, task.n_train), device=task.device)
        codes = torch.cat([self.plain.encode(task.examples(part)) for part in first.split(ROWS)]).double()
        center = codes.mean(dim=0)
        covariance = (codes - center).T @ (codes - center) / len(codes)
        values, vectors = torch.linalg.eigh(covariance)
        vectors = vectors.flip(1)
        largest = vectors.gather(0, vectors.abs().argmax(dim=0, keepdim=True))
        self.center.copy_(center)
        self.directions.copy_(vectors * largest.sign())
        self.singular_values.copy_(values.flip(0).clamp(min=0.0))
        self.prior.variance.copy_(self.singular_values)
