"""WAE-MMD: deterministic encoder, reconstruction + weight · MMD to the standard normal.

Tolstikhin et al. (2018), Algorithm 2, with the kernels of the released code. ACTIVE is L: the source counts nothing.
Pitfalls: the unbiased discrepancy may be negative, and at large L its kernels grow flat; the published weight belongs
to a sum of squared errors of values in [0, 1] (in [−1, 1] that sum is four times as large).
"""

from __future__ import annotations

from torch import Tensor

from latentdim.nets import Autoencoder, reconstruction
from latentdim.training import Task, train
from methods.wae_mmd import Config
from methods.wae_mmd.objective import mmd


def fit(task: Task, config: Config) -> Autoencoder:
    """Train one WAE-MMD with ``task.dim`` latent dimensions and return it."""
    model = Autoencoder.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)
    noise = task.draws("noise")

    def loss(batch: Tensor) -> dict[str, Tensor]:
        codes = model.encode(batch)
        prior = noise.normal(codes.shape)
        return {
            "reconstruction": config.reconstruction_weight * reconstruction(model, codes, batch, task.protocol),
            "mmd": config.mmd_weight * mmd(codes, prior, scales=config.scales, kernel=config.kernel),
        }

    return train(model, loss, task)
