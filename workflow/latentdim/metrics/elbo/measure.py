"""The negative evidence lower bound of held-out examples (Kingma & Welling, 2014, eq. 10)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentdim.metrics.context import Measured, MetricContext, MetricRefused
from latentdim.metrics.elbo import ElboFields
from latentdim.nets.likelihood import Bernoulli, Gaussian, Likelihood
from latentdim.nets.posterior import GaussianPosterior
from latentdim.nets.prior import DiagonalNormal

Array = Tensor | NDArray


def negative_elbo(
    x: Array, mean: Array, *, posterior_mean: Array, log_var: Array, prior_variance: Array | None = None,
    likelihood: Literal["bernoulli", "gaussian"] = "bernoulli", variance: float = 1.0,
) -> NDArray[np.float64]:  # fmt: skip
    """−log p(x | z) + KL(q(z | x) ‖ N(0, prior_variance)) of each example, in nats, for one draw of z each.

    Args:
        x: examples, ``(N, *shape)``, in [0, 1] for the Bernoulli likelihood; grey values are allowed, and keep the
            cross-entropy above the sum of their own entropies.
        mean: the decoder's mean at the draws, same shape.
        posterior_mean: of q(z | x), ``(N, L)``.
        log_var: logarithms of its variances, ``(N, L)``.
        prior_variance: ``(L,)``, positive; ones where left out.
        likelihood: bernoulli: cross-entropy; gaussian: density, its constant included. Both are summed over the values
            of an example.
        variance: of a value under the Gaussian likelihood.

    Returns:
        ``(N,)`` float64.

    Raises:
        ValueError: if shapes differ (broadcasting would hide it), or values aren't in [0, 1] where they must be.
    """
    wide = [torch.as_tensor(values).detach().to(torch.float64) for values in (x, mean, posterior_mean, log_var)]
    real, made, center, logarithms = wide
    if real.shape != made.shape or not len(real):
        raise ValueError(f"x is {tuple(real.shape)} but the decoder's mean is {tuple(made.shape)}")
    spread = torch.ones(center.shape[1]) if prior_variance is None else torch.as_tensor(prior_variance).detach()
    prior = DiagonalNormal(torch.zeros_like(center[0]), spread.to(center))
    density = _told(likelihood, variance).log_density(real, made)
    return (GaussianPosterior(center, logarithms).kl(prior) - density).cpu().numpy()


@torch.no_grad()
def measure(context: MetricContext) -> Measured:
    """Negative ELBO of the reference examples, averaged; its spread is the mean's standard error.

    The likelihood is the training's, with the variance that follows from β, unless the protocol's evaluation half names
    one. The divergence is in closed form where the posterior has one, otherwise estimated at the same draws of z. All
    axes count; the prior is the objective's: the standard normal, or for ARD-VAE N(0, b/a) of its last refresh. The
    density is one of values in the data's own units.

    Raises:
        MetricRefused: for models without a posterior, and where the likelihood isn't known or not defined.
    """
    model, settings, split = context.model, context.fields(ElboFields).elbo, context.reference()
    draws = context.draws("elbo")
    costs, divergences = [], []
    for batch in context.batches(split):
        posterior = model.posterior(batch)
        if posterior is None:
            raise MetricRefused("the model has no posterior, so there is no bound")
        density = _density_of(context)
        drawn = [posterior.draw_with_kl(draws, model.objective_prior) for _ in range(settings.draws)]
        divergences.append(torch.stack([divergence.double() for _, divergence in drawn]).mean(dim=0))
        costs.append(torch.stack([density.cost(context, batch, z) for z, _ in drawn]).mean(dim=0))
    reconstruction, kl = torch.cat(costs), torch.cat(divergences)
    bound = reconstruction + kl
    if not bool(torch.isfinite(bound).all()):
        raise MetricRefused("the posterior or the reconstructions are not finite")
    spread = float(bound.std()) / len(bound) ** 0.5 if len(bound) > 1 else None
    detail = {"reconstruction": float(reconstruction.mean()), "kl": float(kl.mean()), "draws": settings.draws}
    return Measured(float(bound.mean()), len(bound), spread, detail | density.facts(math.prod(context.data.shape)))


@torch.no_grad()
def measure_reconstruction(context: MetricContext) -> Measured:
    """−log p(x | z) of the reference examples, averaged: the bound's first term, for models without a posterior, too.

    z is drawn as for the bound, or is the code itself where nothing is drawn. Its spread is the mean's standard error.

    Raises:
        MetricRefused: where the likelihood isn't known or not defined, and where the values aren't finite.
    """
    model, settings, costs = context.model, context.fields(ElboFields).elbo, []
    draws, density = context.draws("elbo"), _density_of(context)
    for batch in context.batches(context.reference()):
        posterior = model.posterior(batch)
        codes = [posterior.draw(draws) for _ in range(settings.draws)] if posterior else [model.encode(batch)]
        costs.append(torch.stack([density.cost(context, batch, z) for z in codes]).mean(dim=0))
    cost = torch.cat(costs)
    if not bool(torch.isfinite(cost).all()):
        raise MetricRefused("the reconstructions are not finite")
    spread = float(cost.std()) / len(cost) ** 0.5 if len(cost) > 1 else None
    return Measured(float(cost.mean()), len(cost), spread, density.facts(math.prod(context.data.shape)))


@dataclass(frozen=True)
class _Density:
    """p(x | z) as the metric takes it.

    Attributes:
        trained: it is the training's, of values as the network sees them; otherwise of values in the data's units.
    """

    likelihood: Likelihood
    trained: bool

    def cost(self, context: MetricContext, batch: Tensor, z: Tensor) -> Tensor:
        """−log p(x | z) of each example in the data's own units, ``(B,)`` float64.

        From the logits where the decoder's mean is their sigmoid, which is exact.
        """
        scaling, model = context.data.scaling, context.model
        as_stored = (scaling.factor, scaling.offset) == (1.0, 0.0)
        x, mean = batch, model.decode(z)
        if not self.trained:
            x, mean = scaling.to_data(x), scaling.to_data(mean)
        logits = model.logits(z) if self.trained or as_stored else None
        try:
            density = self.likelihood.log_density(
                x.double(), mean.double(), logits=None if logits is None else logits.double()
            )
        except ValueError as refusal:
            raise MetricRefused(str(refusal)) from refusal
        # A density of the network's values is one of the data's times their ratio, for each value.
        stretch = x[0].numel() * math.log(abs(scaling.factor)) if self.trained else 0.0
        return -(density + stretch)

    def facts(self, n_values: int) -> dict[str, str]:
        """What the value rests on, for examples of so many values."""
        name = self.likelihood.density_name(n_values)
        if not self.trained:
            return {"likelihood": name}
        caveat = self.likelihood.caveat(n_values)
        return {"likelihood": f"{name}, of values as the network sees them"} | ({"warning": caveat} if caveat else {})


def _density_of(context: MetricContext) -> _Density:
    settings, trained = context.fields(ElboFields).elbo, context.model.likelihood
    if settings.likelihood != "training":
        return _Density(_told(settings.likelihood, settings.variance or 1.0), trained=False)
    if trained is None:
        raise MetricRefused(
            "the model doesn't say under which likelihood it was trained (its attribute likelihood); "
            "evaluation.elbo.likelihood can name one"
        )
    return _Density(trained, trained=True)


def _told(name: Literal["bernoulli", "gaussian"], variance: float) -> Likelihood:
    return Bernoulli() if name == "bernoulli" else Gaussian(variance=variance)
