"""Loss terms that several methods share; each states its reduction."""

from __future__ import annotations

from typing import Protocol

import torch.nn.functional as functional
from torch import Tensor

from latentdim.study.protocol import Training


class Likelihood(Protocol):
    """A model whose decoder can also be read before its output function."""

    def decode(self, z: Tensor) -> Tensor:
        """The likelihood's mean."""

    def logits(self, z: Tensor) -> Tensor:
        """The decoder before its output function."""


def gaussian_kl(mean: Tensor, log_var: Tensor, prior_variance: Tensor | None = None) -> Tensor:
    """KL divergence from a diagonal Gaussian to N(0, prior_variance), the standard normal by default.

    ½ Σ_l [ (μ_l² + σ_l²)/v_l − 1 − log σ_l² + log v_l ]  (Kingma & Welling, 2014, appendix B; ARD-VAE, eq. 17).

    Args:
        mean: posterior means, shape ``(B, L)``.
        log_var: logarithms of the posterior variances, same shape.
        prior_variance: variances of the prior, shape ``(L,)``, positive.

    Returns:
        One value per example, in nats, shape ``(B,)``.

    Raises:
        ValueError: if the shapes of mean and log_var differ (broadcasting would hide it).
    """
    if mean.shape != log_var.shape:
        raise ValueError(f"mean is {tuple(mean.shape)} but log_var is {tuple(log_var.shape)}")
    if prior_variance is None:
        return 0.5 * (mean.square() + log_var.exp() - 1.0 - log_var).sum(dim=1)
    ratio = (mean.square() + log_var.exp()) / prior_variance
    return 0.5 * (ratio - 1.0 - log_var + prior_variance.log()).sum(dim=1)


def reconstruction(model: Likelihood, z: Tensor, x: Tensor, protocol: Training) -> Tensor:
    """Reconstruction term of a batch: the protocol's likelihood and reduction over values, the mean over the batch.

    Gaussian is the squared error without ½ (as released by ARD-VAE); Bernoulli the cross-entropy of x in [0, 1]
    against the decoder's logits. With ``reduction: sum`` the unit is one example, with ``mean`` one value.
    """
    if protocol.likelihood == "gaussian":
        total = functional.mse_loss(model.decode(z), x, reduction="sum")
    else:
        total = functional.binary_cross_entropy_with_logits(model.logits(z), x, reduction="sum")
    return total / (x.shape[0] if protocol.reduction == "sum" else x.numel())
