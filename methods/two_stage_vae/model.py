"""The first stage, which the second one becomes the prior of."""

from __future__ import annotations

from torch import nn

from latentdim.nets import GaussianVAE, StandardNormal
from latentdim.nets.build import Decoder


class TwoStageVAE(GaussianVAE):
    """A VAE that is trained against the standard normal and generates from what a second VAE makes of its codes.

    Attributes:
        first_prior: what the first stage's posteriors are held against.
    """

    def __init__(self, encoder: nn.Module, decoder: Decoder, *, dim: int, shape: tuple[int, ...]) -> None:
        super().__init__(encoder, decoder, dim=dim, shape=shape)
        self.first_prior = StandardNormal(dim)

    @property
    def objective_prior(self) -> StandardNormal:
        """The standard normal."""
        return self.first_prior
