"""VAE: reconstruction + β · KL (Kingma & Welling, 2014, eq. 10).

The three VAEs that MaskAAE's Table 1 compares with differ in p(x | z) alone, which is the protocol's: ``likelihood:
bernoulli`` (cross-entropy), ``decoder_variance: 1.0`` (fixed; its value is stated nowhere, 1 is what the learned one
starts from) and ``decoder_variance: learned`` (one σ for all values; Dai & Wipf, 2019, eq. 4). ARD-VAE's "VAE" row is
the squared error without ½, β = 1: a Gaussian of variance ½.

Left open by the papers: ARD-VAE states no β for its VAE rows (1 is taken) and no likelihood for them.
Pitfalls: β means something beside a reduction only (a mean over D values makes it D times as strong); grey values keep
the cross-entropy above their own entropy; a learned σ shrinks as the fit gets better, and samples get worse.
"""

from __future__ import annotations

from torch import Tensor

from latentdim.nets import GaussianVAE, reconstruction
from latentdim.training import Hooks, Task, train
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

    return train(model, loss, task, hooks=Hooks(observe=model.observe))
