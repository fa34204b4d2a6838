"""The negative evidence lower bound of held-out examples (Kingma & Welling, 2014, eq. 10)."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from torch import Tensor, nn

from latentdim.metrics.context import Measured, Measuring, MetricRefused
from latentdim.nets.draws import Draws
from latentdim.nets.latent import GaussianVAE
from latentdim.nets.losses import gaussian_kl

Array = Tensor | NDArray
Likelihood = Literal["bernoulli", "gaussian"]

EDGE = torch.finfo(torch.float32).eps / 2  # no float32 is nearer to 1 than this
ROUNDING = 1e-6  # by which values may leave [0, 1]


def negative_elbo(
    x: Array, mean: Array, *, posterior_mean: Array, log_var: Array, prior_variance: Array | None = None,
    likelihood: Likelihood = "bernoulli",
) -> NDArray[np.float64]:  # fmt: skip
    """−log p(x | z) + KL(q(z | x) ‖ N(0, prior_variance)) of each example, in nats, for one draw of z each.

    Args:
        x: examples, ``(N, *shape)``, in [0, 1] for the Bernoulli likelihood; grey values are allowed, and keep the
            cross-entropy above the sum of their own entropies.
        mean: the decoder's mean at the draws, same shape.
        posterior_mean: of q(z | x), ``(N, L)``.
        log_var: logarithms of its variances, ``(N, L)``.
        prior_variance: ``(L,)``, positive; ones where left out.
        likelihood: bernoulli: cross-entropy; gaussian: density with unit variance, its constant included. Both are
            summed over the values of an example.

    Returns:
        ``(N,)`` float64.

    Raises:
        ValueError: if shapes differ (broadcasting would hide it), or values aren't in [0, 1] where they must be.
    """
    wide = [torch.as_tensor(values).detach().to(torch.float64) for values in (x, mean, posterior_mean, log_var)]
    prior = None if prior_variance is None else torch.as_tensor(prior_variance).detach().to(wide[0])
    costs = reconstruction_cost(wide[0], wide[1], likelihood=likelihood) + gaussian_kl(wide[2], wide[3], prior)
    return costs.cpu().numpy()


def reconstruction_cost(x: Array, mean: Array, *, likelihood: Likelihood = "bernoulli") -> Tensor:
    """−log p(x | z) summed over an example's values, in nats, ``(N,)`` float64; see :func:`negative_elbo`.

    A float32 mean can't come nearer to 1 than 6e-8, so means of 0 and 1 are taken that far inside: a value costs 16.6
    nats at most.
    """
    real, made = (torch.as_tensor(values).detach().to(torch.float64) for values in (x, mean))
    if real.shape != made.shape or not len(real):
        raise ValueError(f"x is {tuple(real.shape)} but the decoder's mean is {tuple(made.shape)}")
    if likelihood == "gaussian":
        return (0.5 * (real - made).square() + 0.5 * math.log(2.0 * math.pi)).flatten(start_dim=1).sum(dim=1)
    _in_unit_range("an example", real)
    _in_unit_range("the decoder's mean", made)
    inside = made.clamp(EDGE, 1.0 - EDGE)
    return -(real * inside.log() + (1.0 - real) * (-inside).log1p()).flatten(start_dim=1).sum(dim=1)


@torch.no_grad()
def measure(context: Measuring) -> Measured:
    """Negative ELBO of the reference examples, averaged; its spread is the mean's standard error.

    Values are taken in the data's own units. All axes count; the prior is the objective's: the standard normal, or for
    ARD-VAE N(0, b/a) of its last refresh.

    Raises:
        MetricRefused: for models without a Gaussian posterior, and where the likelihood isn't defined.
    """
    split, settings = context.reference(), context.evaluation.elbo
    draws, prior = context.draws("elbo"), context.model.prior_variances().double()
    costs, divergences = [], []
    for batch in context.batches(split):
        posterior = context.model.posterior(batch)
        if posterior is None:
            raise MetricRefused("the model has no posterior, so there is no bound")
        mean, log_var = posterior
        divergences.append(gaussian_kl(mean.double(), log_var.double(), prior))
        drawn = (_drawn(mean, log_var, draws) for _ in range(settings.draws))
        costs.append(torch.stack([_cost(context, batch, z) for z in drawn]).mean(dim=0))
    reconstruction, kl = torch.cat(costs), torch.cat(divergences)
    bound = reconstruction + kl
    if not bool(torch.isfinite(bound).all()):
        raise MetricRefused("the posterior or the reconstructions are not finite")
    spread = float(bound.std()) / len(bound) ** 0.5 if len(bound) > 1 else None
    detail = {"reconstruction": float(reconstruction.mean()), "kl": float(kl.mean()), "draws": settings.draws}
    return Measured(float(bound.mean()), len(bound), spread, detail)


def _drawn(mean: Tensor, log_var: Tensor, draws: Draws) -> Tensor:
    return mean + draws.normal(mean.shape) * (0.5 * log_var).exp()


def _cost(context: Measuring, batch: Tensor, z: Tensor) -> Tensor:
    """−log p(x | z) of each example; from the logits where the decoder's mean is their sigmoid, which is exact."""
    scaling, likelihood, model = context.data.scaling, context.evaluation.elbo.likelihood, context.model
    x, unscaled = scaling.to_data(batch), (scaling.factor, scaling.offset) == (1.0, 0.0)
    try:
        if likelihood == "bernoulli" and unscaled and isinstance(model, GaussianVAE) and _is_sigmoid(model):
            _in_unit_range("an example", x)
            logits = model.logits(z).double()
            cost = functional.binary_cross_entropy_with_logits(logits, x.double(), reduction="none")
            return cost.flatten(start_dim=1).sum(dim=1)
        return reconstruction_cost(x, scaling.to_data(model.decode(z)), likelihood=likelihood)
    except ValueError as refusal:
        raise MetricRefused(str(refusal)) from refusal


def _is_sigmoid(model: GaussianVAE) -> bool:
    return isinstance(model.decoder.output, nn.Sigmoid)


def _in_unit_range(name: str, values: Tensor) -> None:
    smallest, largest = values.aminmax()
    if not (smallest >= -ROUNDING and largest <= 1.0 + ROUNDING):
        raise ValueError(
            f"{name} holds values from {float(smallest):.3g} to {float(largest):.3g}; the Bernoulli likelihood is of "
            "values in [0, 1]"
        )
