"""VAE: reconstruction + β · KL (Kingma & Welling, 2014, eq. 10)."""

from __future__ import annotations

from torch import Tensor

from latentdim.nets import GaussianVAE, gaussian_kl, reconstruction
from latentdim.training import Task, train
from methods.vae import Config


def fit(task: Task, config: Config) -> GaussianVAE:
    """Train one VAE with ``task.dim`` latent dimensions and return it."""
    model = GaussianVAE.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)
    noise = task.draws("noise")

    def loss(batch: Tensor) -> dict[str, Tensor]:
        mean, log_var = model.posterior(batch)
        z = model.draw(mean, log_var, noise)
        return {
            "reconstruction": reconstruction(model, z, batch, task.protocol),
            "kl": config.beta * gaussian_kl(mean, log_var).mean(),
        }

    return train(model, loss, task)
