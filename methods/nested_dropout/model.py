"""An autoencoder with ordered axes, of which those up to the knee count."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from latentdim.nets import Autoencoder, DiagonalNormal
from latentdim.nets.build import Decoder
from latentdim.training import Task
from methods.nested_dropout import Config
from methods.nested_dropout.knee import knee

ROWS = 250  # decoded at a time


class OrderedAutoencoder(Autoencoder):
    """What the count rests on are buffers, so a restored model needs no data. A dropped axis is 0, as in training.

    Attributes:
        prior: of generation: N(mean, variance) of the codes, axes independent. The paper generates nothing.
        errors: mean squared error of an example's values with the first 0, 1, …, L axes kept, ``(L + 1,)`` float64.
        count: axes up to the knee, int64.
    """

    prior: DiagonalNormal
    errors: Tensor
    count: Tensor

    def __init__(
        self, encoder: nn.Module, decoder: Decoder, *, dim: int, shape: tuple[int, ...], config: Config
    ) -> None:
        prior = DiagonalNormal(torch.zeros(dim), torch.ones(dim))
        super().__init__(encoder, decoder, dim=dim, shape=shape, prior=prior)
        self.config = config
        self.register_buffer("errors", torch.ones(dim + 1, dtype=torch.float64))
        self.register_buffer("count", torch.tensor(dim))

    def first(self, count: Tensor | int) -> Tensor:
        """Which axes are the first ``count``, bool ``(L,)``, or ``(B, L)`` for counts ``(B, 1)``."""
        return torch.arange(self.dim, device=self.errors.device) < count

    def active(self) -> Tensor:
        """The axes up to the knee."""
        return self.first(self.count)

    def active_scores(self) -> Tensor:
        """The error that is left with the axes before each one, ``(L,)``."""
        return self.errors[:-1]

    def settle(self, task: Task) -> None:
        """Find the knee, and what generation draws from. Leaves the training alone."""
        data = task.data
        part = data.validation if len(data.validation) else data.train
        n = min(self.config.n_knee, len(part))
        batches = [data.batch(part, start, min(start + ROWS, n)) for start in range(0, n, ROWS)]
        codes = [self.encode(x) for x in batches]
        variance, mean = torch.var_mean(torch.cat(codes).double(), dim=0, correction=0)
        self.prior.mean.copy_(mean)
        self.prior.variance.copy_(variance)
        for kept in range(self.dim + 1):
            axes = self.first(kept)
            errors = [self.decode(self.mask_axes(z, axes)) - x for z, x in zip(codes, batches, strict=True)]
            self.errors[kept] = torch.stack([error.double().square().sum() for error in errors]).sum()
        self.errors /= n * torch.Size(self.shape).numel()
        self.count.fill_(knee(self.errors, margin=self.config.knee_margin))
