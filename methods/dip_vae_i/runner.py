"""DIP-VAE-I: reconstruction + KL + λ_od Σ_{i≠j} C_ij² + λ_d Σ_i (C_ii − 1)², C = Cov(μ(x)) (Kumar et al., 2018, eq. 6).

C is that of the batch's posterior means, divided by B, and gradients go through it.

Left open: ARD-VAE, whose rows these are, states neither likelihood nor reduction; the protocol's are taken (the
original has cross-entropy, summed), with a weight of 1 on the KL. It trains neither DIP-VAE on real images.
Pitfalls: the diagonal is pressed to 1, the prior's variance, so no axis can close, and the KL can't fall below what
means of variance 1 cost: ACTIVE is L whatever the data are. From one batch a covariance of many axes is mostly noise,
whose squares the penalty counts: about λ_od L (L − 1) / B for independent codes.
"""

from __future__ import annotations

from torch import Tensor

from latentdim.nets import GaussianVAE, reconstruction
from latentdim.training import Hooks, Task, train
from methods.dip_vae_i import Config
from methods.dip_vae_i.objective import covariance, distance_from_identity


def fit(task: Task, config: Config) -> GaussianVAE:
    """Train one DIP-VAE-I with ``task.dim`` latent dimensions and return it."""
    model = GaussianVAE.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)
    noise = task.draws("noise")
    weights = {"lambda_od": config.lambda_od, "lambda_d": config.lambda_d}

    def loss(batch: Tensor) -> dict[str, Tensor]:
        posterior = model.posterior(batch)
        return {
            "reconstruction": reconstruction(model, posterior.draw(noise), batch, task.protocol),
            "kl": posterior.kl(model.prior).mean(),
            "covariance": distance_from_identity(covariance(posterior.mean), **weights),
        }

    return train(model, loss, task, hooks=Hooks(observe=model.observe))
