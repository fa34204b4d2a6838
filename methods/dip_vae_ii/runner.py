"""DIP-VAE-II: reconstruction + KL + λ_od Σ_{i≠j} C_ij² + λ_d Σ_i (C_ii − 1)², C = Cov(z) (Kumar et al., 2018, eq. 7).

C = E[Σ(x)] + Cov(μ(x)) is the covariance of sampled codes: that of the batch's posterior means, divided by B, plus the
batch's mean posterior variances on the diagonal alone.

Left open and chosen as for DIP-VAE-I.
Pitfalls: a posterior that is the prior satisfies the diagonal term, so axes may close here, unlike in DIP-VAE-I.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentdim.nets import GaussianPosterior, GaussianVAE, reconstruction
from latentdim.training import Hooks, Task, train
from methods.dip_vae_i.objective import covariance, distance_from_identity
from methods.dip_vae_ii import Config


def fit(task: Task, config: Config) -> GaussianVAE:
    """Train one DIP-VAE-II with ``task.dim`` latent dimensions and return it."""
    model = GaussianVAE.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)
    noise = task.draws("noise")
    weights = {"lambda_od": config.lambda_od, "lambda_d": config.lambda_d}

    def loss(batch: Tensor) -> dict[str, Tensor]:
        posterior = model.posterior(batch)
        return {
            "reconstruction": reconstruction(model, posterior.draw(noise), batch, task.protocol),
            "kl": posterior.kl(model.prior).mean(),
            "covariance": distance_from_identity(code_covariance(posterior), **weights),
        }

    return train(model, loss, task, hooks=Hooks(observe=model.observe))


def code_covariance(posterior: GaussianPosterior) -> Tensor:
    """Covariance of codes drawn from the posteriors of a batch, in expectation over the draws, ``(L, L)``."""
    return covariance(posterior.mean) + torch.diag_embed(posterior.log_var.float().exp().mean(dim=0))
