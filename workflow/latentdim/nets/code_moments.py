"""What a trained encoder says of its codes, kept so that fresh codes of the same examples can be drawn from it."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from latentdim.nets.draws import Draws
from latentdim.nets.latent import LatentModel
from latentdim.nets.posterior import GaussianPosterior


@torch.no_grad()
def code_moments(model: LatentModel, batches: Iterable[Tensor], draws: Draws) -> Tensor:
    """Mean and standard deviation of each example's code side by side, ``(N, 2 L)``.

    Where the posterior isn't Gaussian, the mean is one draw from it and the deviation 0; where there is none, the mean
    is the code.

    Args:
        batches: examples as the network sees them.
    """
    rows = []
    for batch in batches:
        posterior = model.posterior(batch)
        if isinstance(posterior, GaussianPosterior):
            mean, deviation = posterior.mean, (0.5 * posterior.log_var).exp()
        else:
            mean = model.encode(batch, sample=draws)
            deviation = torch.zeros_like(mean)
        rows.append(torch.cat([mean, deviation], dim=1))
    return torch.cat(rows)


def draw_codes(moments: Tensor, draws: Draws) -> Tensor:
    """One code each, mean + noise · deviation; ``(n, 2 L) → (n, L)``."""
    mean, deviation = moments.chunk(2, dim=1)
    return mean + draws.normal(mean.shape) * deviation
