"""VAE: reconstruction + β · KL (Kingma & Welling, 2014, eq. 10)."""

from __future__ import annotations

from torch import Tensor

from latentdim.nets import GaussianVAE, reconstruction
from latentdim.training import Task, train
from methods.vae import Config


def fit(task: Task, config: Config) -> GaussianVAE:
    """Train one VAE with ``task.dim`` latent dimensions and return it."""
    model = GaussianVAE.build(
        task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation, kl_weight=config.beta
    )
    model.to(task.device)
    noise = task.draws("noise")

    def loss(batch: Tensor) -> dict[str, Tensor]:
        posterior = model.posterior(batch)
        return {
            "reconstruction": reconstruction(model, posterior.draw(noise), batch, task.protocol),
            "kl": config.beta * posterior.kl(model.prior).mean(),
        }

    return train(model, loss, task)
