"""Likelihoods: what a training's reconstruction term is, and the density p(x | z) that it stands for."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import torch
import torch.nn.functional as functional
from torch import Tensor

from latentdim.study.protocol import Training

EDGE = torch.finfo(torch.float32).eps / 2  # no float32 is nearer to 1 than this
ROUNDING = 1e-6  # by which values may leave [0, 1]
ANY_OUTPUT = frozenset({"linear", "sigmoid", "tanh"})


class Decoding(Protocol):
    """A model as far as a likelihood looks at it."""

    @property
    def log_deviation(self) -> Tensor | None:
        """Logarithm of the standard deviation of a decoded value, where it is learned; None elsewhere."""

    def decode(self, z: Tensor) -> Tensor:
        """The likelihood's mean, ``(B, *shape)``."""

    def logits(self, z: Tensor) -> Tensor | None:
        """What ``decode`` is the sigmoid of; None where it is no sigmoid."""


@dataclass(frozen=True, kw_only=True)
class Likelihood(ABC):
    """p(x | z) with the decoded code for its mean, and the loss that training takes for it.

    Attributes:
        reduction: of the loss over an example's values; over the batch it is always the mean.
        kl_weight: what the divergence is multiplied by beside this loss, β. It says under which density
            loss + β · KL is the negative evidence lower bound, up to a factor.
        name: in a protocol.
        outputs: output functions of a decoder that it accepts.
    """

    reduction: Literal["sum", "mean"] = "sum"
    kl_weight: float = 1.0
    name: ClassVar[str]
    outputs: ClassVar[frozenset[str]] = ANY_OUTPUT

    @abstractmethod
    def loss(self, model: Decoding, z: Tensor, x: Tensor) -> Tensor:
        """The reconstruction term of examples ``x`` and their codes, a scalar."""

    @abstractmethod
    def log_density(self, x: Tensor, mean: Tensor, *, logits: Tensor | None = None) -> Tensor:
        """log p(x | z) of each example, ``(B,)`` in nats, in the units of ``x``.

        Args:
            x: ``(B, *shape)``.
            mean: decoded codes, same shape.
            logits: what ``mean`` is the sigmoid of, where it is one.

        Raises:
            ValueError: if values lie where the likelihood isn't defined.
        """

    @abstractmethod
    def density_name(self, n_values: int) -> str:
        """The density in words, for examples of so many values."""

    def weight_against_sum(self, n_values: int) -> float:
        """β beside a loss that is summed over an example's values."""
        return self.kl_weight * (n_values if self.reduction == "mean" else 1)

    def caveat(self, n_values: int) -> str | None:
        """Why loss + β · KL is the bound of no density of this family, in a sentence; None where it is."""
        return None

    def _reduced(self, total: Tensor, x: Tensor) -> Tensor:
        return total / (x.shape[0] if self.reduction == "sum" else x.numel())


@dataclass(frozen=True, kw_only=True)
class Gaussian(Likelihood):
    """N(mean, variance) for each value; its loss is the squared error without ½, as ARD-VAE's released code has it.

    SSE + β · KL is 2σ² times the negative bound where σ² = β / 2; with the mean over D values, where σ² = β D / 2.

    Attributes:
        variance: σ²; None for the one that follows from β.
    """

    name = "gaussian"
    variance: float | None = None

    def loss(self, model: Decoding, z: Tensor, x: Tensor) -> Tensor:
        """Squared error, a scalar."""
        return self._reduced(functional.mse_loss(model.decode(z), x, reduction="sum"), x)

    def log_density(self, x: Tensor, mean: Tensor, *, logits: Tensor | None = None) -> Tensor:
        """−½ Σ_d [ (x_d − m_d)²/σ² + log 2πσ² ], ``(B,)`` in nats."""
        variance = self.variance_for(x[0].numel())
        return -0.5 * ((x - mean).square() / variance + math.log(2.0 * math.pi * variance)).flatten(1).sum(dim=1)

    def variance_for(self, n_values: int) -> float:
        """σ² for examples of so many values."""
        return self.weight_against_sum(n_values) / 2.0 if self.variance is None else self.variance

    def density_name(self, n_values: int) -> str:
        """With its variance."""
        return f"gaussian with variance {self.variance_for(n_values):.6g}"


@dataclass(frozen=True, kw_only=True)
class FixedGaussian(Gaussian):
    """N(mean, σ²) with a named σ²; its loss is the negative log-density in nats, the constant included.

    loss + β · KL is β times the negative bound of a Gaussian whose variance is β σ² (with the mean over D values,
    β D σ²), up to a constant; with β = 1 against the sum it is the bound under σ² itself.

    Attributes:
        decoder_variance: σ², as the protocol names it.
    """

    decoder_variance: float

    def loss(self, model: Decoding, z: Tensor, x: Tensor) -> Tensor:
        """½ Σ_d [ (x_d − m_d)²/σ² + log 2πσ² ], reduced; a scalar."""
        error = functional.mse_loss(model.decode(z), x, reduction="sum")
        constant = x.numel() * math.log(2.0 * math.pi * self.decoder_variance)
        return self._reduced(0.5 * (error / self.decoder_variance + constant), x)

    def variance_for(self, n_values: int) -> float:
        """That under which the objective is the bound, for examples of so many values."""
        return self.weight_against_sum(n_values) * self.decoder_variance


@dataclass(frozen=True, kw_only=True, eq=False)
class LearnedGaussian(Gaussian):
    """N(mean, σ²) with one σ² for all values that is learned along (Dai & Wipf, 2019, eq. 4, with their γ = σ²).

    Its loss is the negative log-density in nats. It falls without end where examples can be decoded exactly, so it
    needs a divergence beside it that keeps them from it.

    Attributes:
        log_deviation: log σ, the model's own parameter.
    """

    log_deviation: Tensor

    def loss(self, model: Decoding, z: Tensor, x: Tensor) -> Tensor:
        """½ Σ_d [ (x_d − m_d)²/σ² + log 2πσ² ], reduced; a scalar."""
        error = functional.mse_loss(model.decode(z), x, reduction="sum")
        scale = self.log_deviation
        constant = x.numel() * (2.0 * scale + math.log(2.0 * math.pi))
        return self._reduced(0.5 * (error * (-2.0 * scale).exp() + constant), x)

    def variance_for(self, n_values: int) -> float:
        """σ² as it is now."""
        return math.exp(2.0 * self.log_deviation.item())

    def density_name(self, n_values: int) -> str:
        """With the variance learned."""
        return f"{super().density_name(n_values)}, learned"

    def caveat(self, n_values: int) -> str | None:
        """Where β isn't 1 against the sum."""
        weight = self.weight_against_sum(n_values)
        if math.isclose(weight, 1.0):
            return None
        return (
            f"training weighed the divergence by {weight:.6g} against the summed log-density, whose variance it "
            "learned beside that weight; this is the bound with the weight 1, which training didn't minimise"
        )


@dataclass(frozen=True, kw_only=True)
class Bernoulli(Likelihood):
    """Values in [0, 1], grey ones allowed; its loss is the cross-entropy of x against the decoder's logits.

    It has no scale that could take up β: loss + β · KL is its bound for β = 1 against the sum alone.
    """

    name = "bernoulli"
    outputs = frozenset({"sigmoid"})

    def loss(self, model: Decoding, z: Tensor, x: Tensor) -> Tensor:
        """Cross-entropy, a scalar.

        Raises:
            ValueError: if the decoder doesn't end in a sigmoid.
        """
        logits = model.logits(z)
        if logits is None:
            raise ValueError("the Bernoulli likelihood needs a decoder whose output is a sigmoid")
        return self._reduced(functional.binary_cross_entropy_with_logits(logits, x, reduction="sum"), x)

    def log_density(self, x: Tensor, mean: Tensor, *, logits: Tensor | None = None) -> Tensor:
        """Σ_d [ x_d log m_d + (1 − x_d) log(1 − m_d) ], ``(B,)`` in nats; exact where logits are given.

        A float32 mean can't come nearer to 1 than 6e-8, so means of 0 and 1 are taken that far inside: without logits a
        value costs 16.6 nats at most.
        """
        _in_unit_range("an example", x)
        if logits is not None:
            costs = functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
            return -costs.flatten(1).sum(dim=1)
        _in_unit_range("the decoder's mean", mean)
        inside = mean.clamp(EDGE, 1.0 - EDGE)
        return (x * inside.log() + (1.0 - x) * (-inside).log1p()).flatten(1).sum(dim=1)

    def density_name(self, n_values: int) -> str:
        """Its name: it has no scale."""
        return self.name

    def caveat(self, n_values: int) -> str | None:
        """Where β isn't 1 against the sum."""
        weight = self.weight_against_sum(n_values)
        if math.isclose(weight, 1.0):
            return None
        return (
            f"training weighed the divergence by {weight:.6g} against the summed cross-entropy, and no Bernoulli "
            "likelihood makes that a bound; this is the bound with the weight 1, which training didn't minimise"
        )


@dataclass(frozen=True, kw_only=True)
class Radial(Likelihood):
    """p(x | z) ∝ exp(−‖x − mean‖ / β): its loss is the Euclidean norm of the error, whatever the reduction."""

    name = "radial"

    def loss(self, model: Decoding, z: Tensor, x: Tensor) -> Tensor:
        """Batch mean of the norms, a scalar."""
        return torch.linalg.vector_norm((x - model.decode(z)).flatten(1), dim=1).mean()

    def log_density(self, x: Tensor, mean: Tensor, *, logits: Tensor | None = None) -> Tensor:
        """−‖x − m‖/β − log of the integral 2 π^(D/2) Γ(D)/Γ(D/2) β^D, ``(B,)`` in nats."""
        size, scale = x[0].numel(), self.kl_weight
        norms = torch.linalg.vector_norm((x - mean).flatten(1), dim=1)
        sphere = math.log(2.0) + 0.5 * size * math.log(math.pi) - math.lgamma(0.5 * size)
        return -norms / scale - (sphere + math.lgamma(size) + size * math.log(scale))

    def density_name(self, n_values: int) -> str:
        """With its scale."""
        return f"radial with scale {self.kl_weight:.6g}"


def likelihood_of(protocol: Training, *, kl_weight: float = 1.0, log_deviation: Tensor | None = None) -> Likelihood:
    """The protocol's likelihood and reduction, beside a divergence of that weight.

    Args:
        kl_weight: β.
        log_deviation: log σ of the model, for a protocol whose decoder variance is learned.

    Raises:
        ValueError: if the variance is to be learned and the model has none.
    """
    reduction, variance = protocol.reduction, protocol.decoder_variance
    if protocol.likelihood == "bernoulli":
        return Bernoulli(reduction=reduction, kl_weight=kl_weight)
    if variance is None:
        return Gaussian(reduction=reduction, kl_weight=kl_weight)
    if variance != "learned":
        return FixedGaussian(reduction=reduction, kl_weight=kl_weight, decoder_variance=variance)
    if log_deviation is None:
        raise ValueError("protocol.training.decoder_variance = 'learned': the model has no log_deviation to learn")
    return LearnedGaussian(reduction=reduction, kl_weight=kl_weight, log_deviation=log_deviation)


def reconstruction(model: Decoding, z: Tensor, x: Tensor, protocol: Training) -> Tensor:
    """The protocol's reconstruction term of a batch, a scalar; see :class:`Gaussian` and its kinds, :class:`Bernoulli`.

    The protocol's reduction is over an example's values, the mean over the batch: with ``reduction: sum`` the unit is
    one example, with ``mean`` one value.
    """
    return likelihood_of(protocol, log_deviation=model.log_deviation).loss(model, z, x)


def _in_unit_range(name: str, values: Tensor) -> None:
    smallest, largest = values.aminmax()
    if not (smallest >= -ROUNDING and largest <= 1.0 + ROUNDING):
        raise ValueError(
            f"{name} holds values from {float(smallest):.3g} to {float(largest):.3g}; the Bernoulli likelihood is of "
            "values in [0, 1]"
        )
