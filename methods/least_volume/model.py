"""An autoencoder with a Lipschitz decoder, and Least Volume's pruning."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from latentdim.nets import Autoencoder, DiagonalNormal
from latentdim.nets.build import Decoder
from latentdim.study.protocol import Training
from latentdim.training import Task
from methods.least_volume import Config
from methods.least_volume.lipschitz import bound_decoder


class LeastVolume(Autoencoder):
    """What pruning rests on are buffers, so a restored model needs no data.

    Attributes:
        prior: of generation: N(mean, variance) of the codes, axes independent. The paper generates nothing.
        deviations: standard deviation of each axis of the codes, ``(L,)``.
        kept: the axes that aren't pruned, bool ``(L,)``; the others are held at the codes' mean.
    """

    prior: DiagonalNormal
    deviations: Tensor
    kept: Tensor

    def __init__(
        self, encoder: nn.Module, decoder: Decoder, *, dim: int, shape: tuple[int, ...], config: Config
    ) -> None:
        prior = DiagonalNormal(torch.zeros(dim), torch.ones(dim))
        super().__init__(encoder, decoder, dim=dim, shape=shape, prior=prior)
        self.config = config
        self.register_buffer("deviations", torch.ones(dim))
        self.register_buffer("kept", torch.ones(dim, dtype=torch.bool))

    @classmethod
    def initial(
        cls, protocol: Training, config: Config, *, dim: int, shape: tuple[int, ...], generator: torch.Generator
    ) -> Self:
        """The protocol's networks, the decoder's made Lipschitz; all drawn from ``generator``.

        Raises:
            ValueError: if that decoder can't be made Lipschitz.
        """
        model = cls.build(protocol, dim=dim, shape=shape, generator=generator, config=config)
        bound_decoder(model.decoder, dim=dim, lipschitz=config.lipschitz, generator=generator)
        return model

    def active(self) -> Tensor:
        """The axes that pruning leaves."""
        return self.kept

    def active_scores(self) -> Tensor:
        """The axes' standard deviations, in whose order they are pruned."""
        return self.deviations

    def settle(self, task: Task) -> None:
        """Prune, and set what pruned axes hold and generation draws from. Leaves the training alone."""
        x = task.examples(torch.arange(min(self.config.n_pruning, task.n_train), device=task.device))
        codes = self.encode(x)
        variance, mean = torch.var_mean(codes.double(), dim=0, correction=0)
        self.inactive_value.copy_(mean)
        self.prior.mean.copy_(mean)
        self.prior.variance.copy_(variance)
        self.deviations.copy_(variance.sqrt())
        self.kept.copy_(self.unpruned(x, codes))

    def unpruned(self, x: Tensor, codes: Tensor) -> Tensor:
        """The axes that are left when the others explain next to nothing of the reconstruction, bool ``(L,)``.

        Axes are held at their mean in the order of their deviations, the smallest first. What they explain together is
        (error with them held − error) / (error with all held − error), errors being mean squares. Where all of them
        explain nothing, none is left: a decoder may do worse with its codes than with their mean.
        """

        def error(axes: Tensor) -> Tensor:
            return (self.decode(self.mask_axes(codes, axes)) - x).double().square().mean()

        kept = torch.ones_like(self.kept)
        least = error(kept)
        explained_by_all = error(~kept) - least
        if explained_by_all <= 0:
            return ~kept
        for axis in self.deviations.argsort(stable=True):
            fewer = kept.index_fill(0, axis, False)
            if error(fewer) - least > self.config.explained_share * explained_by_all:
                break
            kept = fewer
        return kept
