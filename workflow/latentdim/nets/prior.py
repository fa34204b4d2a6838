"""Priors: what codes are drawn from to generate, and what posteriors are held against."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from latentdim.nets.draws import Draws

LOG_TWO_PI = math.log(2.0 * math.pi)


class Prior(nn.Module):
    """A distribution p(z) over codes; what is fitted of it is a buffer.

    Attributes:
        mean, variance: of each axis, ``(L,)``.
    """

    mean: Tensor
    variance: Tensor

    def sample(self, n: int, draws: Draws) -> Tensor:
        """``n`` codes, ``(n, L)``; more of them keep the first ones (see :meth:`Draws.rows`)."""
        raise NotImplementedError(f"{type(self).__name__} must define sample")  # pragma: no cover

    def log_density(self, z: Tensor) -> Tensor:
        """log p(z) of codes ``(n, L)``, ``(n,)`` in nats."""
        raise NotImplementedError(f"{type(self).__name__} must define log_density")  # pragma: no cover

    def gaussian_kl(self, mean: Tensor, log_var: Tensor) -> Tensor:
        """KL(N(mean, exp(log_var)) ‖ p) of each row of two tensors ``(B, L)``, ``(B,)`` in nats.

        Raises:
            NotImplementedError: for priors for which no closed form is known.
        """
        raise NotImplementedError(
            f"a Gaussian's divergence from a {type(self).__name__} has no closed form; estimate it from draws z of the "
            "posterior as log q(z) − log p(z)"
        )

    def estimate(self, codes: Iterable[Tensor]) -> Tensor | None:
        """The variances ``(L,)`` estimated anew from batches of codes ``(B, L)``; the prior stays as it is.

        None, with the codes untouched, for priors that aren't estimated during training.
        """
        return None

    def code_variance(self, codes: Tensor) -> Tensor:
        """Variance of each axis of codes ``(N, L)`` about their mean, with denominator N; ``(L,)`` float64."""
        return codes.to(torch.float64).var(dim=0, correction=0)


class DiagonalNormal(Prior):
    """N(mean, variance), axes independent. An axis may have the variance 0: it is then constant."""

    def __init__(self, mean: Tensor, variance: Tensor, *, persistent: bool = True) -> None:
        """Take both as ``(L,)``; persistent ones are kept among a model's weights."""
        super().__init__()
        self.register_buffer("mean", mean, persistent=persistent)
        self.register_buffer("variance", variance, persistent=persistent)

    def sample(self, n: int, draws: Draws) -> Tensor:
        """``n`` codes, ``(n, L)``."""
        return self.mean + draws.rows(n, len(self.mean)) * self.variance.sqrt()

    def log_density(self, z: Tensor) -> Tensor:
        """Σ_l of the log-densities, ``(n,)`` in nats; constant axes have none and are left out."""
        varying = self.variance > 0
        variance = self.variance[varying]
        squares = (z - self.mean)[:, varying].square() / variance
        return -0.5 * (squares + variance.log() + LOG_TWO_PI).sum(dim=1)

    def gaussian_kl(self, mean: Tensor, log_var: Tensor) -> Tensor:
        """½ Σ_l [ ((μ_l − m_l)² + σ_l²)/v_l − 1 − log σ_l² + log v_l ]  (ARD-VAE, eq. 17, where m = 0)."""
        ratio = ((mean - self.mean).square() + log_var.exp()) / self.variance
        return 0.5 * (ratio - 1.0 - log_var + self.variance.log()).sum(dim=1)


class StandardNormal(DiagonalNormal):
    """N(0, 1) on every axis; nothing of it is kept among a model's weights."""

    def __init__(self, dim: int) -> None:
        super().__init__(torch.zeros(dim), torch.ones(dim), persistent=False)

    def sample(self, n: int, draws: Draws) -> Tensor:
        """``n`` codes, ``(n, L)``."""
        return draws.rows(n, len(self.mean))

    def gaussian_kl(self, mean: Tensor, log_var: Tensor) -> Tensor:
        """½ Σ_l [ μ_l² + σ_l² − 1 − log σ_l² ]  (Kingma & Welling, 2014, appendix B)."""
        return 0.5 * (mean.square() + log_var.exp() - 1.0 - log_var).sum(dim=1)


class CorrelatedNormal(Prior):
    """N(0, R Rᵀ), which may be flat in some directions.

    Attributes:
        root: R, ``(L, F)``.
    """

    root: Tensor

    def __init__(self, root: Tensor) -> None:
        super().__init__()
        self.register_buffer("root", root)

    @property
    def mean(self) -> Tensor:  # type: ignore[override]
        """Zeros, ``(L,)``."""
        return torch.zeros_like(self.root[:, 0])

    @property
    def variance(self) -> Tensor:  # type: ignore[override]
        """The diagonal of R Rᵀ, ``(L,)``."""
        return self.root.square().sum(dim=1)

    def sample(self, n: int, draws: Draws) -> Tensor:
        """``n`` codes, ``(n, L)``."""
        return draws.rows(n, self.root.shape[1]) @ self.root.T

    def log_density(self, z: Tensor) -> Tensor:
        """The density within the directions that aren't flat, ``(n,)`` in nats; parts along flat ones are left out."""
        directions, scales, _ = torch.linalg.svd(self.root.double(), full_matrices=False)
        kept = scales > scales.max() * 1e-6
        along = z.double() @ directions[:, kept] / scales[kept]
        log_density = -0.5 * along.square().sum(dim=1) - scales[kept].log().sum() - 0.5 * int(kept.sum()) * LOG_TWO_PI
        return log_density.to(z.dtype)


class TrainedPrior(Prior):
    """A prior with networks that are trained on codes; it keeps the codes' moments beside them.

    Attributes:
        mean, variance: of the codes that it was trained on, ``(L,)``.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("variance", torch.ones(dim))

    def take_moments(self, codes: Tensor) -> None:
        """Take mean and variance over from codes ``(N, L)``."""
        exact = codes.to(torch.float64)
        self.mean.copy_(exact.mean(dim=0))
        self.variance.copy_(exact.var(dim=0, correction=0))
