"""The latent model: what every method hands back, and all that metrics ever see of it."""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import Tensor, nn

from latentdim.nets.build import Decoder, decoder_of, encoder_of
from latentdim.nets.draws import Draws
from latentdim.nets.likelihood import Likelihood, likelihood_of
from latentdim.nets.posterior import GaussianPosterior, Posterior
from latentdim.nets.prior import Prior, StandardNormal
from latentdim.study.protocol import Training
from latentdim.system.problems import ContractChanged


class UnknownExamples(ValueError):
    """A model that looks its codes up was given examples that it can't know; the message says how many."""


# What subclasses defined once → what they define now.
EARLIER = {
    "prior": "a model hands its prior over, super().__init__(dim=…, shape=…, prior=…), and defines no method for it",
    "hold": "it is mask_axes(z, axes) now",
    "prior_variances": "the property objective_prior gives the prior that training holds posteriors against",
    "refreshed_prior": "a prior that is estimated from codes says so itself, Prior.estimate(codes)",
    "variance_about_zero": "the objective's prior takes the variance of codes, Prior.code_variance(codes)",
}


class LatentModel(nn.Module):
    """An encoder and a decoder with exactly ``dim`` numbers between them.

    A method's model implements ``encode`` and ``decode``; where its encoder is stochastic, ``posterior``; where it
    decides which dimensions count, ``active``; where its prior isn't the standard normal, it hands one over. Everything
    a metric needs goes through these, so no information can pass beside the code.

    Attributes:
        dim: the latent dimension L.
        shape: of one example.
        prior: what generation draws codes from.
        inactive_value: what an unused axis is held at, ``(L,)``: zero unless the method sets it.
        likelihood: what training took for p(x | z) beside a divergence from ``objective_prior``; None where its
            objective is no bound of the evidence.
        log_deviation: logarithm of the standard deviation of a decoded value, where the training learns one for all
            values (``decoder_variance: learned``); None elsewhere.
    """

    prior: Prior
    inactive_value: Tensor
    likelihood: Likelihood | None = None
    log_deviation: nn.Parameter | None

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse what earlier models defined and nothing asks for any more.

        Raises:
            ContractChanged: naming it, and what to write instead.
        """
        super().__init_subclass__(**options)
        for name, instead in EARLIER.items():
            if callable(vars(cls).get(name)) or (name != "prior" and name in vars(cls)):
                raise ContractChanged(f"{cls.__name__}.{name}: {instead}")

    def __init__(self, *, dim: int, shape: tuple[int, ...], prior: Prior | None = None) -> None:
        super().__init__()
        self.dim = dim
        self.shape = shape
        self.prior = prior or StandardNormal(dim)
        self.register_buffer("inactive_value", torch.zeros(dim))
        self.register_parameter("log_deviation", None)

    @property
    def objective_prior(self) -> Prior:
        """What training holds the posterior against; the prior of generation unless the method says otherwise."""
        return self.prior

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """Codes of examples, ``(B, *shape) → (B, L)``: the posterior's mean, or a draw from it.

        Deterministic encoders ignore what draws they are given.
        """
        raise NotImplementedError(f"{type(self).__name__} must define encode")  # pragma: no cover

    def decode(self, z: Tensor) -> Tensor:
        """Examples from codes, ``(B, L) → (B, *shape)``, in the range that the network sees."""
        raise NotImplementedError(f"{type(self).__name__} must define decode")  # pragma: no cover

    def logits(self, z: Tensor) -> Tensor | None:
        """What ``decode`` is the sigmoid of, ``(B, *shape)``; None where it is no sigmoid."""
        return None

    def posterior(self, x: Tensor) -> Posterior | None:
        """q(z | x) of a batch; None for a deterministic encoder."""
        return None

    def active(self) -> Tensor:
        """Which dimensions the method itself counts, shape ``(L,)``, bool; all of them unless it says otherwise."""
        return torch.ones(self.dim, dtype=torch.bool, device=self.inactive_value.device)

    def active_scores(self) -> Tensor | None:
        """What :meth:`active` cuts somewhere, ``(L,)``, larger for axes that count; None where it cuts no numbers.

        Kept beside the count, so that a reader sees how clear the cut is.
        """
        return None

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
        return self.inactive_value.to(codes.dtype).expand(len(codes), -1).index_copy(1, present, codes)

    def mask_axes(self, z: Tensor, axes: Tensor | None) -> Tensor:
        """Codes with every axis outside ``axes`` (bool, ``(L,)``; None is all) held at its inactive value."""
        return z if axes is None else torch.where(axes, z, self.inactive_value.to(z.dtype))

    def sample(self, n: int, draws: Draws, *, axes: Tensor | None = None) -> Tensor:
        """``n`` generated examples, shape ``(n, *shape)``."""
        return self.decode(self.mask_axes(self.prior.sample(n, draws), axes))

    def reconstruct(self, x: Tensor, *, axes: Tensor | None = None) -> Tensor:
        """Reconstructions from the posterior means, same shape as ``x``."""
        return self.decode(self.mask_axes(self.encode(x), axes))


class NetworkModel(LatentModel):
    """An encoder and a decoder that are the networks of the protocol."""

    def __init__(
        self, encoder: nn.Module, decoder: Decoder, *, dim: int, shape: tuple[int, ...], prior: Prior | None = None
    ) -> None:
        super().__init__(dim=dim, shape=shape, prior=prior)
        self.encoder = encoder
        self.decoder = decoder

    def take_likelihood(self, protocol: Training, *, kl_weight: float) -> None:
        """Take the protocol's likelihood beside a divergence of that weight, and what of it is to be learned."""
        if protocol.decoder_variance == "learned":
            self.log_deviation = nn.Parameter(torch.zeros(()))
        self.likelihood = likelihood_of(protocol, kl_weight=kl_weight, log_deviation=self.log_deviation)

    def observe(self) -> dict[str, Tensor]:
        """For the history: the standard deviation of a decoded value, where it is learned."""
        return {} if self.log_deviation is None else {"decoder_deviation": self.log_deviation.exp()}

    def logits(self, z: Tensor) -> Tensor | None:
        """The decoder before its sigmoid; None where it ends otherwise."""
        return self.decoder.logits(z) if isinstance(self.decoder.output, nn.Sigmoid) else None

    def decode(self, z: Tensor) -> Tensor:
        """The decoder's output."""
        out: Tensor = self.decoder(z)
        return out


class GaussianVAE(NetworkModel):
    """A diagonal Gaussian posterior and a decoder, with the networks of the protocol (Kingma & Welling, 2014)."""

    @classmethod
    def build(
        cls, protocol: Training, *, dim: int, shape: tuple[int, ...], generator: torch.Generator,
        kl_weight: float = 1.0, **options: Any,
    ) -> Self:  # fmt: skip
        """The protocol's networks with a head of mean and log-variance; initial weights from ``generator``.

        Args:
            kl_weight: β, which the objective weighs the divergence by at the end of the training.
            options: of the class.
        """
        encoder = encoder_of(protocol, shape=shape, dim=dim, outputs=2 * dim, generator=generator)
        decoder = decoder_of(protocol, shape=shape, dim=dim, generator=generator)
        model = cls(encoder, decoder, dim=dim, shape=shape, **options)
        model.take_likelihood(protocol, kl_weight=kl_weight)
        return model

    def posterior(self, x: Tensor) -> GaussianPosterior:
        """The encoder's N(mean, exp(log_var))."""
        mean, log_var = self.encoder(x).chunk(2, dim=1)
        return GaussianPosterior(mean, log_var)

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """Posterior means, or draws from the posterior."""
        posterior = self.posterior(x)
        return posterior.mean if sample is None else posterior.draw(sample)


class Autoencoder(NetworkModel):
    """A deterministic encoder and a decoder, with the networks of the protocol."""

    @classmethod
    def build(
        cls, protocol: Training, *, dim: int, shape: tuple[int, ...], generator: torch.Generator, **options: Any
    ) -> Self:
        """The protocol's networks; initial weights from ``generator``; options are the class's."""
        encoder = encoder_of(protocol, shape=shape, dim=dim, outputs=dim, generator=generator)
        decoder = decoder_of(protocol, shape=shape, dim=dim, generator=generator)
        return cls(encoder, decoder, dim=dim, shape=shape, **options)

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """Codes; there is no posterior to draw from, so draws are left alone."""
        out: Tensor = self.encoder(x)
        return out
