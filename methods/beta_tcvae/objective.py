"""Total correlation of codes, estimated from one batch and its posteriors (Chen et al., 2018)."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

Estimator = Literal["mws", "mss"]
LOG_TWO_PI = math.log(2.0 * math.pi)


def total_correlation(codes: Tensor, mean: Tensor, log_var: Tensor, *, estimator: Estimator, n_train: int) -> Tensor:
    """KL(q(z) ‖ Π_l q(z_l)), averaged over the batch, a scalar in nats; always float32.

    Each density of the aggregate posterior at a code z_j is Σ_i w_ji q(z_j | x_i) over the batch.

    ``mws``: minibatch-weighted sampling, where every weight is 1/(B N). The constant (L − 1) log(B N) that they add is
    left out, which moves no gradient: N drops out, and independent axes have about −(L − 1) log B.
    ``mss``: minibatch-stratified sampling; 1/N for the image's own posterior, 1/M for the others with M = B − 1, and
    (N − M)/(N M) for one of them, here the next in the batch. They add up to 1, and the density is right in the mean
    over batches.

    A batch of one example holds no others and counts as 0.

    Args:
        codes: one draw from each posterior, ``(B, L)``.
        mean, log_var: of the posteriors, ``(B, L)``.
        n_train: N, the examples that are trained on.
    """
    if len(codes) == 1:
        return torch.zeros((), device=codes.device)
    with torch.autocast(codes.device.type, enabled=False):
        z, center, spread = (values.float() for values in (codes, mean, log_var))
        squares = (z[:, None] - center).square() * (-spread).exp()
        densities = -0.5 * (squares + spread + LOG_TWO_PI)  # log q(z_jl | x_i) at [j, i, l]
        joint = densities.sum(dim=2)
        if estimator == "mss":
            weights = stratified_weights(len(codes), n_train, device=codes.device).log()
            joint, densities = joint + weights, densities + weights[:, :, None]
        return (joint.logsumexp(dim=1) - densities.logsumexp(dim=1).sum(dim=1)).mean()


def stratified_weights(batch: int, n_train: int, *, device: torch.device) -> Tensor:
    """Weight of example i in the density at example j's code, ``(B, B)``; each row adds up to 1."""
    others = batch - 1
    weights = torch.full((batch, batch), 1.0 / others, device=device)
    here = torch.arange(batch, device=device)
    weights[here, (here + 1) % batch] = (n_train - others) / (n_train * others)
    weights[here, here] = 1.0 / n_train
    return weights
