"""Mixtures of Gaussians as priors: what is fitted to codes after a training (Ghosh et al., 2020, section 4)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from latentdim.nets.draws import Draws
from latentdim.nets.prior import LOG_TWO_PI, Prior

MAX_ITERATIONS, TOLERANCE = 2000, 1e-3  # of RAE's released code; covariances get scikit-learn's 1e-6 on the diagonal


class NormalMixture(Prior):
    """Σ_k w_k N(m_k, R_k R_kᵀ) with full covariances; the standard normal until it is fitted.

    Attributes:
        weights: w, ``(K,)``.
        means: m, ``(K, L)``.
        roots: R, lower triangular, ``(K, L, L)``.
    """

    weights: Tensor
    means: Tensor
    roots: Tensor

    def __init__(self, dim: int, *, components: int) -> None:
        super().__init__()
        self.register_buffer("weights", torch.full((components,), 1.0 / components))
        self.register_buffer("means", torch.zeros(components, dim))
        self.register_buffer("roots", torch.eye(dim).repeat(components, 1, 1))

    @property
    def mean(self) -> Tensor:  # type: ignore[override]
        """Σ_k w_k m_k, ``(L,)``."""
        return self.weights @ self.means

    @property
    def variance(self) -> Tensor:  # type: ignore[override]
        """Of each axis, within and among the components, ``(L,)``."""
        within = self.weights @ self.roots.square().sum(dim=2)
        return within + self.weights @ (self.means - self.mean).square()

    def fit(self, codes: Tensor, draws: Draws) -> None:
        """Maximum likelihood by scikit-learn's expectation maximisation, from k-means that ``draws`` seed.

        In float64 by one thread, so that the fit depends on the codes and the draws alone.

        Args:
            codes: ``(N, L)``, at least as many as there are components.
        """
        from sklearn.mixture import GaussianMixture  # here, since runs without a mixture do without scikit-learn
        from threadpoolctl import threadpool_limits

        seed = int(draws.integers(2**31, ()))
        mixture = GaussianMixture(len(self.weights), max_iter=MAX_ITERATIONS, tol=TOLERANCE, random_state=seed)
        with threadpool_limits(1):
            mixture.fit(codes.detach().to("cpu", torch.float64).numpy())
        self.weights.copy_(torch.from_numpy(mixture.weights_))
        self.means.copy_(torch.from_numpy(mixture.means_))
        self.roots.copy_(torch.from_numpy(np.linalg.cholesky(mixture.covariances_)))

    def sample(self, n: int, draws: Draws) -> Tensor:
        """``n`` codes, ``(n, L)``: of L + 1 normal numbers each, the first one chooses the component."""
        normals = draws.rows(n, self.means.shape[1] + 1)
        ends = self.weights.double().cumsum(0)
        chosen = torch.searchsorted(ends, torch.special.ndtr(normals[:, 0].double()) * ends[-1])
        chosen = chosen.clamp(max=len(ends) - 1)
        codes = torch.empty_like(normals[:, 1:])
        for k, root in enumerate(self.roots):
            codes[chosen == k] = self.means[k] + normals[chosen == k, 1:] @ root.T
        return codes

    def log_density(self, z: Tensor) -> Tensor:
        """log Σ_k w_k N(z; m_k, R_k R_kᵀ), ``(n,)`` in nats."""
        roots, z64 = self.roots.double(), z.double()
        centred = z64 - self.means.double()[:, None]  # (K, n, L)
        white = torch.linalg.solve_triangular(roots, centred.mT, upper=False)
        logs = roots.diagonal(dim1=1, dim2=2).log().sum(dim=1) + 0.5 * z.shape[1] * LOG_TWO_PI
        heights = self.weights.double().log() - logs
        return torch.logsumexp(heights[:, None] - 0.5 * white.square().sum(dim=1), dim=0).to(z.dtype)
