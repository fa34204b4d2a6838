"""A normalising flow as a prior: affine couplings between random halves of the axes (Dinh et al., 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from latentdim.nets.build import mlp
from latentdim.nets.draws import Draws
from latentdim.nets.prior import LOG_TWO_PI, TrainedPrior

LARGEST_LOG_SCALE = 2.0  # of one layer, so that no chain of them overflows


class CouplingFlow(TrainedPrior):
    """p(z) = N(f(z); 0, I) |det ∂f/∂z|, with f a chain of layers after codes are standardised.

    A layer takes the axes in an order of its own, hands on the first half of them, and moves each other one by an
    affine map whose logarithmic scale and shift depend on the first half alone. It begins as N(mean, variance).

    Attributes:
        mean, variance: of the codes that it is trained on, ``(L,)``; constant axes are not scaled.
        orders: of the axes, ``(layers, L)`` int64.
    """

    orders: Tensor

    def __init__(self, dim: int, *, layers: int, width: int, generator: torch.Generator) -> None:
        """Take a dimension of 2 at least; orders and initial weights come from ``generator``."""
        super().__init__(dim)
        self.kept = dim - dim // 2
        orders = [torch.randperm(dim, generator=generator) for _ in range(layers)]
        self.register_buffer("orders", torch.stack(orders))
        widths = (self.kept, width, width, 2 * (dim - self.kept))
        networks = [mlp(widths, generator=generator) for _ in range(layers)]
        for network in networks:
            for parameter in list(network.parameters())[-2:]:
                nn.init.zeros_(parameter)  # each layer begins as the identity
        self.networks = nn.ModuleList(networks)

    @property
    def spread(self) -> Tensor:
        """What codes are divided by, ``(L,)``."""
        return torch.where(self.variance > 0, self.variance.sqrt(), 1.0)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """f(z), ``(n, L)``, and log |det ∂f/∂z|, ``(n,)``."""
        u = (z - self.mean) / self.spread
        log_determinant = -self.spread.log().sum().expand(len(z))
        for order, network in zip(self.orders, self.networks, strict=True):
            first, second = u[:, order].tensor_split([self.kept], dim=1)
            log_scale, shift = self._affine(network, first)
            u = torch.cat([first, second * log_scale.exp() + shift], dim=1)
            log_determinant = log_determinant + log_scale.sum(dim=1)
        return u, log_determinant

    def inverse(self, u: Tensor) -> Tensor:
        """The codes that f maps to ``u``, ``(n, L)``."""
        for order, network in zip(self.orders.flip(0), reversed(self.networks), strict=True):
            first, second = u.tensor_split([self.kept], dim=1)
            log_scale, shift = self._affine(network, first)
            u = torch.cat([first, (second - shift) * (-log_scale).exp()], dim=1)[:, order.argsort()]
        return self.mean + u * self.spread

    def sample(self, n: int, draws: Draws) -> Tensor:
        """``n`` codes, ``(n, L)``."""
        return self.inverse(draws.rows(n, len(self.mean)))

    def log_density(self, z: Tensor) -> Tensor:
        """log p(z), ``(n,)`` in nats."""
        u, log_determinant = self(z)
        return log_determinant - 0.5 * (u.square() + LOG_TWO_PI).sum(dim=1)

    def terms(self, codes: Tensor) -> dict[str, Tensor]:
        """The loss of a batch of codes ``(n, L)``: the mean of their negative log-densities, in nats."""
        return {"negative_log_density": -self.log_density(codes).mean()}

    @staticmethod
    def _affine(network: nn.Module, first: Tensor) -> tuple[Tensor, Tensor]:
        log_scale, shift = network(first).chunk(2, dim=1)
        return LARGEST_LOG_SCALE * torch.tanh(log_scale / LARGEST_LOG_SCALE), shift
