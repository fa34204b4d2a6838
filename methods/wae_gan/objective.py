"""WAE-GAN's adversarial terms (Tolstikhin et al., 2018, Algorithm 1), from a critic's logits T alone."""

from __future__ import annotations

import torch.nn.functional as functional
from torch import Tensor


def matching_loss(encoded: Tensor) -> Tensor:
    """The encoder's: mean softplus(−T(z)) = −mean log σ(T(z)), the form that doesn't saturate.

    Args:
        encoded: T of the codes, ``(n, 1)``.
    """
    return functional.softplus(-encoded.float()).mean()


def critic_loss(*, drawn: Tensor, encoded: Tensor) -> Tensor:
    """The critic's: −mean log σ(T(p)) − mean log(1 − σ(T(z))).

    Args:
        drawn: T of draws from the prior, ``(n, 1)``.
        encoded: T of the codes, ``(n, 1)``.
    """
    return functional.softplus(-drawn.float()).mean() + functional.softplus(encoded.float()).mean()
