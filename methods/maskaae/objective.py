"""MaskAAE's four losses (supplement 9.1), each as a function of its inputs alone.

Throughout, s is the batch size, m the number of latent dimensions, μ the mask, E, D and H encoder, decoder and critic.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from latentdim.nets.likelihood import Bernoulli, Gaussian, Likelihood, Radial
from methods.maskaae import Config

Network = Callable[[Tensor], Tensor]
# λ₃ is a power of two times its start. Beyond so many doublings float32 sees nothing but its term; more would overflow.
MAX_DOUBLINGS = 60


LIKELIHOODS: dict[str, Likelihood] = {
    "norm": Radial(),
    "mse": Gaussian(reduction="mean"),
    "bce": Bernoulli(reduction="mean"),
    "sse": Gaussian(),
}  # whose loss each form of ``Config.reconstruction`` is


def mask_of(theta: Tensor) -> Tensor:
    """μ = max(0, 1 − exp(−θ)), in [0, 1) (4.2).

    At θ = 0 the slope is that of 1 − exp(−θ), where torch's own maximum and clamp have a half or nothing: a θ that was
    clipped there can rise again.
    """
    return torch.where(theta >= 0.0, -torch.expm1(-theta), 0.0)


def masked_variance(codes: Tensor, mask: Tensor, config: Config) -> Tensor:
    """δᵀ diag(A) of eq. 15: the variance of each dimension, weighed by how far it is masked.

    A is the covariance over the batch of the unmasked codes ``(s, m)``, with divisor s (not stated; the released
    code's); δ = exp(−γ μ).
    """
    delta = torch.exp(-config.gamma * mask**config.variance_exponent)
    weighed = delta * codes.var(dim=0, correction=0)
    return weighed.sum() if config.variance_reduction == "sum" else weighed.mean()


def critic_loss(
    critic: Network, *, z: Tensor, codes: Tensor, mask: Tensor, mix: Tensor, config: Config
) -> dict[str, Tensor]:
    """L_dm (eq. 17): −w and the gradient penalty.

    Args:
        z: draws from the prior, ``(s, m)``, unmasked.
        codes: E(x), ``(s, m)``, unmasked and detached.
        mix: β₁ ~ U[0, 1], one for each pair (Gulrajani et al., 2017), ``(s, 1)``.
    """
    between = mix * z + (1.0 - mix) * codes
    point = (mask * between if config.penalty_wrt == "masked" else between).requires_grad_()
    heights = critic(point if config.penalty_wrt == "masked" else mask * point)
    (slope,) = torch.autograd.grad(heights.sum(), point, create_graph=True)
    penalty = (torch.linalg.vector_norm(slope, dim=1) - 1.0).square().mean()
    distance = wasserstein(critic, z=z, codes=codes, mask=mask)
    return {"critic": -distance, "penalty": config.beta_2 * penalty}


def wasserstein(critic: Network, *, z: Tensor, codes: Tensor, mask: Tensor) -> Tensor:
    """w of eq. 18: mean H(μ ⊙ z) − mean H(μ ⊙ E(x))."""
    drawn, encoded = critic(mask * torch.cat([z, codes])).split([len(z), len(codes)])  # the critic sees each row alone
    return drawn.mean() - encoded.mean()


def generator_loss(critic: Network, *, codes: Tensor, mask: Tensor) -> Tensor:
    """L_gen (eq. 16): −mean H(μ ⊙ E(x))."""
    return -critic(mask * codes).mean()


def binarity(mask: Tensor) -> Tensor:
    """Σ_j |μ_j (μ_j − 1)| of eq. 18."""
    return (mask * (mask - 1.0)).abs().sum()


def lambda_3(iteration: Tensor, *, dim: int, config: Config) -> Tensor:
    """λ₃ for the mask's step of an iteration (counted from 1): doubled just before it wherever the interval divides it.

    Stays on the device of ``iteration``, so nothing is read back during training.
    """
    start = 2.0 / dim if config.lambda_3 is None else config.lambda_3
    doublings = (iteration // doubling_interval(dim, config)).clamp(max=MAX_DOUBLINGS)
    return (start * 2.0**doublings).clamp(max=config.lambda_3_cap or float("inf"))


def doubling_interval(dim: int, config: Config) -> int:
    """Iterations between two doublings: the configured number, or the released code's 4 T."""
    if config.lambda_3_interval is not None:
        return config.lambda_3_interval
    return 4 * (75 if dim <= 20 else min(10_000, int(112.5 * dim)))
