"""The latent model: what every method hands back, and all that metrics ever see of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from latentdim.nets.build import Decoder, decoder_of, encoder_of
from latentdim.nets.draws import Draws
from latentdim.study.protocol import Training


class UnknownExamples(ValueError):
    """A model that looks its codes up was given examples that it can't know; the message says how many."""


class LatentModel(nn.Module):
    """An encoder and a decoder with exactly ``dim`` numbers between them.

    A method's model implements ``encode`` and ``decode``; where its prior isn't the standard normal, ``prior``; where
    it decides which dimensions count, ``active``. Everything a metric needs goes through these, so no information can
    pass beside the code.

    Attributes:
        dim: the latent dimension L.
        shape: of one example.
        rest: the value an unused axis is held at, shape ``(L,)``: zero unless the method sets it.
        variance_about_zero: whether the codes' variance is taken about zero (a prior whose mean is fixed there) or
            about their mean.
    """

    variance_about_zero: ClassVar[bool] = False
    rest: Tensor

    def __init__(self, *, dim: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.dim = dim
        self.shape = shape
        self.register_buffer("rest", torch.zeros(dim))

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """Codes of examples, ``(B, *shape) → (B, L)``: the posterior's mean, or a draw from it.

        Deterministic encoders ignore what draws they are given.
        """
        raise NotImplementedError(f"{type(self).__name__} must define encode")  # pragma: no cover

    def decode(self, z: Tensor) -> Tensor:
        """Examples from codes, ``(B, L) → (B, *shape)``, in the range that the network sees."""
        raise NotImplementedError(f"{type(self).__name__} must define decode")  # pragma: no cover

    def prior(self, n: int, draws: Draws) -> Tensor:
        """``n`` draws from the prior, shape ``(n, L)``; the standard normal unless the method says otherwise."""
        return draws.rows(n, self.dim)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor] | None:
        """Mean and log-variance of a Gaussian q(z | x), each ``(B, L)``; None for a model without one."""
        return None

    def prior_variances(self) -> Tensor:
        """Variances ``(L,)`` of the prior N(0, v) that the objective holds the posterior against; 1 by default."""
        return torch.ones_like(self.rest)

    def refreshed_prior(self, examples: Iterable[Tensor], draws: Draws) -> Tensor | None:
        """The prior's variances ``(L,)`` estimated anew from batches of examples; None where they aren't estimated.

        The model stays as it is.
        """
        return None

    def active(self) -> Tensor:
        """Which dimensions the method itself counts, shape ``(L,)``, bool; all of them unless it says otherwise."""
        return torch.ones(self.dim, dtype=torch.bool, device=self.rest.device)

    @property
    def present_dim(self) -> int:
        """How many latent dimensions the network still has; ``dim`` unless the method closes some."""
        return self.dim

    def structure(self) -> dict[str, Any]:
        """What, beside its settings, fixes the shapes of its weights, as JSON; kept in the header of weights.

        Empty unless they change while the model is trained.
        """
        return {}

    def restructure(self, structure: dict[str, Any]) -> None:
        """Take a structure that :meth:`structure` gave, before weights of that structure are loaded.

        Parameters stay the same objects (:func:`latentdim.nets.prune` sees to it), so that optimisers go on with them.

        Raises:
            ValueError: if the model can't have it.
        """
        if structure:
            raise ValueError(f"{type(self).__name__} has one structure only")

    def spread(self, codes: Tensor, present: Tensor) -> Tensor:
        """Codes of some axes as codes of all initial ones, the closed ones at their inactive value.

        Args:
            codes: ``(B, P)``.
            present: which axes these are, ``(P,)`` int64.

        Returns:
            ``(B, L)``.
        """
        return self.rest.to(codes.dtype).expand(len(codes), -1).index_copy(1, present, codes)

    def hold(self, z: Tensor, axes: Tensor | None) -> Tensor:
        """Codes with every axis outside ``axes`` (bool, ``(L,)``; None is all) held at its resting value."""
        return z if axes is None else torch.where(axes, z, self.rest.to(z.dtype))

    def sample(self, n: int, draws: Draws, *, axes: Tensor | None = None) -> Tensor:
        """``n`` generated examples, shape ``(n, *shape)``."""
        return self.decode(self.hold(self.prior(n, draws), axes))

    def reconstruct(self, x: Tensor, *, axes: Tensor | None = None) -> Tensor:
        """Reconstructions from the posterior means, same shape as ``x``."""
        return self.decode(self.hold(self.encode(x), axes))


class GaussianVAE(LatentModel):
    """A diagonal Gaussian posterior and a decoder, with the networks of the protocol (Kingma & Welling, 2014)."""

    def __init__(self, encoder: nn.Module, decoder: Decoder, *, dim: int, shape: tuple[int, ...]) -> None:
        super().__init__(dim=dim, shape=shape)
        self.encoder = encoder
        self.decoder = decoder

    @classmethod
    def build(cls, protocol: Training, *, dim: int, shape: tuple[int, ...], generator: torch.Generator) -> Self:
        """The protocol's networks with a head of mean and log-variance; initial weights from ``generator``."""
        encoder = encoder_of(protocol, shape=shape, outputs=2 * dim, generator=generator)
        return cls(encoder, decoder_of(protocol, shape=shape, dim=dim, generator=generator), dim=dim, shape=shape)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z | x), each ``(B, L)``."""
        mean, log_var = self.encoder(x).chunk(2, dim=1)
        return mean, log_var

    def draw(self, mean: Tensor, log_var: Tensor, draws: Draws) -> Tensor:
        """One reparameterised draw from N(mean, exp(log_var)) per example."""
        return mean + draws.normal(mean.shape) * (0.5 * log_var).exp()

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """Posterior means, or draws from the posterior."""
        mean, log_var = self.posterior(x)
        return mean if sample is None else self.draw(mean, log_var, sample)

    def logits(self, z: Tensor) -> Tensor:
        """The decoder before its output function; what the Bernoulli likelihood wants."""
        out: Tensor = self.decoder.logits(z)
        return out

    def decode(self, z: Tensor) -> Tensor:
        """The likelihood's mean."""
        out: Tensor = self.decoder(z)
        return out


class Autoencoder(LatentModel):
    """A deterministic encoder and a decoder, with the networks of the protocol."""

    def __init__(self, encoder: nn.Module, decoder: Decoder, *, dim: int, shape: tuple[int, ...]) -> None:
        super().__init__(dim=dim, shape=shape)
        self.encoder = encoder
        self.decoder = decoder

    @classmethod
    def build(cls, protocol: Training, *, dim: int, shape: tuple[int, ...], generator: torch.Generator) -> Self:
        """The protocol's networks; initial weights from ``generator``."""
        encoder = encoder_of(protocol, shape=shape, outputs=dim, generator=generator)
        return cls(encoder, decoder_of(protocol, shape=shape, dim=dim, generator=generator), dim=dim, shape=shape)

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """Codes; there is no posterior to draw from, so they are ignored."""
        out: Tensor = self.encoder(x)
        return out

    def logits(self, z: Tensor) -> Tensor:
        """The decoder before its output function; what the Bernoulli likelihood wants."""
        out: Tensor = self.decoder.logits(z)
        return out

    def decode(self, z: Tensor) -> Tensor:
        """Reconstructions."""
        out: Tensor = self.decoder(z)
        return out
