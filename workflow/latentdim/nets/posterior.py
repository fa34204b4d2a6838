"""Posteriors: what a stochastic encoder says of the codes of a batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NoReturn

import torch
from torch import Tensor

from latentdim.nets.draws import Draws
from latentdim.nets.prior import LOG_TWO_PI, Prior
from latentdim.system.problems import ContractChanged


class Posterior(ABC):
    """q(z | x) of each example of a batch.

    Attributes:
        mean: ``(B, L)``.
    """

    mean: Tensor

    @abstractmethod
    def draw(self, draws: Draws) -> Tensor:
        """One code of each example, ``(B, L)``; gradients reach the posterior through it."""

    def kl(self, prior: Prior) -> Tensor:
        """Divergence KL(q(z | x) ‖ p(z)) of each example, ``(B,)``, in nats, in closed form.

        Raises:
            NotImplementedError: where no closed form is known; :meth:`draw_with_kl` then estimates it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no closed form of its divergence; use draw_with_kl")

    def draw_with_kl(self, draws: Draws, prior: Prior) -> tuple[Tensor, Tensor]:
        """One code of each example, ``(B, L)``, and the divergence of each, ``(B,)``, in nats.

        In closed form where there is one. Otherwise it is log q(z | x) − log p(z) at this very code z, whose mean over
        draws is the divergence; gradients reach the posterior through both.
        """
        return self.draw(draws), self.kl(prior)

    def __iter__(self) -> NoReturn:
        """Earlier models returned mean and log-variance.

        Raises:
            ContractChanged: always; it says what to write instead.
        """
        raise ContractChanged(
            "model.posterior(x) now returns a posterior and no pair: posterior = model.posterior(x), then "
            "posterior.draw(draws) for codes, posterior.kl(prior) for the divergence, and posterior.mean"
        )


@dataclass(frozen=True)
class GaussianPosterior(Posterior):
    """N(mean, exp(log_var)), axes independent (Kingma & Welling, 2014, eq. 9).

    What an encoder gives in bfloat16 is taken on in float32: the divergence of a nearly closed axis is a difference of
    numbers near 1, of which bfloat16 keeps two digits.

    Attributes:
        mean, log_var: ``(B, L)``.

    Raises:
        ValueError: if their shapes differ (broadcasting would hide it).
    """

    mean: Tensor
    log_var: Tensor

    def __post_init__(self) -> None:
        if self.mean.shape != self.log_var.shape:
            raise ValueError(f"mean is {tuple(self.mean.shape)} but log_var is {tuple(self.log_var.shape)}")
        for name in ("mean", "log_var"):
            value = getattr(self, name)
            if value.dtype == torch.bfloat16:
                object.__setattr__(self, name, value.float())

    def draw(self, draws: Draws) -> Tensor:
        """Reparameterised: mean + noise · σ, ``(B, L)``."""
        return self.mean + draws.normal(self.mean.shape) * (0.5 * self.log_var).exp()

    def kl(self, prior: Prior) -> Tensor:
        """In closed form where the prior has one, ``(B,)``, in nats."""
        return prior.gaussian_kl(self.mean, self.log_var)

    def log_density(self, z: Tensor) -> Tensor:
        """log q(z | x) of one code for each example ``(B, L)``, ``(B,)`` in nats."""
        squares = (z - self.mean).square() * (-self.log_var).exp()
        return -0.5 * (squares + self.log_var + LOG_TWO_PI).sum(dim=1)

    def draw_with_kl(self, draws: Draws, prior: Prior) -> tuple[Tensor, Tensor]:
        """One code of each example; the divergence in closed form where the prior has one, else at that code."""
        z = self.draw(draws)
        if type(prior).gaussian_kl is Prior.gaussian_kl:
            return z, self.log_density(z) - prior.log_density(z)
        return z, self.kl(prior)
