"""β-TCVAE: reconstruction + KL + (β − 1) · total correlation (Chen et al., 2018, with α = γ = 1).

With α = γ = 1 the index-code information, the total correlation and the dimension-wise KL add up to the KL to the
standard normal, which is taken in closed form; what is left of β is estimated from the batch, as in
disentanglement_lib. In the history the term's name says by which estimate (``tc_mws``, ``tc_mss``); it is weighed by
β − 1.

Left open: ARD-VAE states β and neither the estimator nor the likelihood.
Pitfalls: both estimates are biased by the batch's size, so β means something beside that size only. In the stratified
one an image's own weight belongs on the diagonal; in a widely used package it lies in the first column. N counts the
training examples in use, none that are held out.
"""

from __future__ import annotations

from torch import Tensor

from latentdim.nets import GaussianVAE, reconstruction
from latentdim.training import Hooks, Task, train
from methods.beta_tcvae import Config
from methods.beta_tcvae.objective import total_correlation


def fit(task: Task, config: Config) -> GaussianVAE:
    """Train one β-TCVAE with ``task.dim`` latent dimensions and return it."""
    model = GaussianVAE.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)
    noise, name = task.draws("noise"), f"tc_{config.estimator}"

    def loss(batch: Tensor) -> dict[str, Tensor]:
        posterior = model.posterior(batch)
        z = posterior.draw(noise)
        correlation = total_correlation(
            z, posterior.mean, posterior.log_var, estimator=config.estimator, n_train=task.n_train
        )
        return {
            "reconstruction": reconstruction(model, z, batch, task.protocol),
            "kl": posterior.kl(model.prior).mean(),
            name: (config.beta - 1.0) * correlation,
        }

    return train(model, loss, task, hooks=Hooks(observe=model.observe))
