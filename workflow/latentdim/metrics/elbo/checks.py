"""What the metrics are held against: references that share no code with them, and the order of the controls."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from scipy.stats import norm
from torch.distributions import Bernoulli, Normal, kl_divergence

from latentdim.conformance.checks import CONTROLS, EXACT, Check, MetricChecks, Ranking, draws
from latentdim.conformance.models import fitted_control, measuring
from latentdim.metrics import negative_elbo
from latentdim.metrics.elbo.measure import measure_reconstruction
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


def reconstruction_by_scipy() -> float:
    """PCA's reconstructions of held-out vectors under a Gaussian of variance ¼; relative."""
    elbo = {"likelihood": "gaussian", "variance": 0.25}
    context = measuring(fitted_control("pca", dim=2), n_reference=40, elbo=elbo)
    real = context.reference().values
    with torch.no_grad():
        made = context.reconstructed(real)
    expected = -norm.logpdf(real.double().numpy(), made.double().numpy(), 0.5).sum(axis=1).mean()
    return float(abs(measure_reconstruction(context).value / expected - 1.0))


REFERENCES: tuple[Check, ...] = (
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
        metrics=("reconstruction_loss",), reference="scipy.stats.norm", case="PCA on tiny vectors, variance ¼ "
        "(relative)", deviation=reconstruction_by_scipy, tolerance=1e-6, reason="networks work in float32",
    ),
)  # fmt: skip

RANKINGS: tuple[Ranking, ...] = (
    Ranking(
        metrics=("negative_elbo",), refused=CONTROLS, why="none of the controls has a posterior, so there is no bound",
    ),
    Ranking(
        metrics=("reconstruction_loss",), rising=((("pca",), ("oracle",), ("constant",), ("noise",)),),
        why="under a Gaussian it rises with the squared error, on which PCA is best among affine maps through L "
        "numbers; the oracle's are fewer, and another example's reconstruction is worse than the mean example",
    ),
)  # fmt: skip


def checks() -> MetricChecks:
    """References, rankings of the controls, and settings for tiny data."""
    return MetricChecks(
        references=REFERENCES,
        rankings=RANKINGS,
        small={"elbo": {"likelihood": "gaussian"}},
        other={"elbo": {"likelihood": "gaussian", "draws": 2}},
    )
