"""Negative ELBO and kernel densities, against closed forms, torch's distributions and scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import torch
from sklearn.neighbors import KernelDensity
from torch.distributions import Bernoulli, Normal, kl_divergence

from latentdim.conformance.references.check import EXACT, Check, draws
from latentdim.metrics import kde_bandwidth, kde_log_densities, negative_elbo
from latentdim.system.seeds import torch_stream


def elbo_at_the_prior() -> float:
    """784 values against ½, the posterior being the prior."""
    x = draws("elbo").random(size=(3, 784))
    still = np.zeros((3, 2))
    found = negative_elbo(x, np.full_like(x, 0.5), posterior_mean=still, log_var=still)
    return float(np.abs(found - 784 * math.log(2)).max())


def divergence(mean: float, variance: float, expected: float) -> Callable[[], float]:
    """What one axis with this posterior adds."""

    def deviation() -> float:
        x = np.full((1, 4), 0.5)
        zero = np.zeros((1, 1))
        moved = negative_elbo(x, x, posterior_mean=zero + mean, log_var=zero + math.log(variance))
        return float(np.abs(moved - negative_elbo(x, x, posterior_mean=zero, log_var=zero) - expected).max())

    return deviation


def elbo_by_distributions() -> float:
    """Random examples, posteriors and prior variances, both likelihoods; relative."""
    draw = torch_stream("references", "elbo")

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=draw, dtype=torch.float64)

    x, made, mean, log_var = random(7, 12).sigmoid(), random(7, 12).sigmoid(), random(7, 5), random(7, 5)
    prior = random(5).exp()
    kl = kl_divergence(Normal(mean, (0.5 * log_var).exp()), Normal(torch.zeros(5).double(), prior.sqrt())).sum(dim=1)
    cross = -Bernoulli(probs=made, validate_args=False).log_prob(x).sum(dim=1)
    density = -Normal(made, 1.0).log_prob(x).sum(dim=1)
    costs: dict[Literal["bernoulli", "gaussian"], torch.Tensor] = {"bernoulli": cross, "gaussian": density}
    deviations = []
    for likelihood, cost in costs.items():
        found = negative_elbo(
            x, made, posterior_mean=mean, log_var=log_var, prior_variance=prior, likelihood=likelihood
        )
        deviations.append(float(np.abs(found / (cost + kl).numpy() - 1).max()))
    return max(deviations)


def density_of(points: Sequence[Sequence[float]], reference: Sequence[Sequence[float]], h: float) -> float:
    """Log-density of the first point."""
    found = kde_log_densities(np.array(points), reference=np.array(reference), bandwidths=[h])
    return float(found[0, 0])


def one_kernel(distance: float, expected: float) -> Callable[[], float]:
    """A kernel of width 0.3 in 128 dimensions."""
    at = [[distance] + [0.0] * 127]
    return lambda: abs(density_of(at, [[0.0] * 128], 0.3) - expected)


def densities_by_scikit_learn() -> float:
    """Points near and far in the tails; one leaf, since scikit-learn's default tree is wrong there."""
    draw = draws("kde")
    reference, points = draw.normal(size=(400, 6)), 3.0 * draw.normal(size=(200, 6))
    deviations = []
    for h in (0.05, 0.3, 1.0):
        library = KernelDensity(bandwidth=h, leaf_size=len(reference)).fit(reference).score_samples(points)
        found = kde_log_densities(points, reference=reference, bandwidths=[h])[0]
        deviations.append(np.abs(found - library).max())
    return float(max(deviations))


def bandwidth(n: int, expected: float) -> Callable[[], float]:
    """Mean optimum of five draws of a standard normal in one dimension, 1,000 held out."""

    def deviation() -> float:
        draw, tried = draws("kde", "bandwidth", n), np.geomspace(0.05, 1.0, 24).tolist()
        found = [
            kde_bandwidth(draw.normal(size=(n, 1)), held_out=draw.normal(size=(1000, 1)), bandwidths=tried).bandwidth
            for _ in range(5)
        ]
        return float(abs(np.mean(found) - expected))

    return deviation


LIKELIHOODS: Sequence[Check] = (
    Check(
        metrics=("negative_elbo",), reference="784 ln 2 = 543.427", case="any image against ½, posterior = prior",
        deviation=elbo_at_the_prior, tolerance=1e-9, reason=EXACT,
    ),
    Check(
        metrics=("negative_elbo",), reference="KL = ½", case="one axis, N(1, 1) against N(0, 1)",
        deviation=divergence(1.0, 1.0, 0.5), tolerance=1e-12, reason=EXACT,
    ),
    Check(
        metrics=("negative_elbo",), reference="KL = 0.806853", case="one axis, N(0, 4) against N(0, 1)",
        deviation=divergence(0.0, 4.0, 0.806853), tolerance=5e-7, reason="the expected value has 6 decimals",
    ),
    Check(
        metrics=("negative_elbo",), reference="torch.distributions", case="random posteriors and priors, both "
        "likelihoods (relative)", deviation=elbo_by_distributions, tolerance=1e-6,
        reason="torch keeps probabilities float32's rounding away from 0 and 1",
    ),
    Check(
        metrics=("kde_log_likelihood",), reference="−64 ln(2π · 0.09) = 36.484387", case="at the only kernel, d = 128",
        deviation=one_kernel(0.0, 36.484387), tolerance=1e-6, reason="the expected value has 6 decimals",
    ),
    Check(
        metrics=("kde_log_likelihood",), reference="30.928831 by hand", case="1 away from it",
        deviation=one_kernel(1.0, 30.928831), tolerance=1e-6, reason="the expected value has 6 decimals",
    ),
    Check(
        metrics=("kde_log_likelihood",), reference="−1.418939 by hand", case="midway between kernels at 0 and 2, h = 1",
        deviation=lambda: abs(density_of([[1.0]], [[0.0], [2.0]], 1.0) + 1.418939), tolerance=1e-6,
        reason="the expected value has 6 decimals",
    ),
    Check(
        metrics=("kde_log_likelihood",), reference="sklearn.neighbors.KernelDensity with a single leaf",
        case="400 kernels, 200 points far into the tails, h = 0.05, 0.3, 1 (nats)", deviation=densities_by_scikit_learn,
        tolerance=1e-6, reason="terms far below the largest are summed in float32",
    ),
    Check(
        metrics=("kde_log_likelihood",), reference="0.26 by other code", case="line search on a "
        "1-D normal, n = 1,000, mean of five", deviation=bandwidth(1000, 0.26), tolerance=0.107,
        reason="four standard errors of that mean; one optimum has a standard deviation of 0.06",
    ),
)  # fmt: skip
