"""VAE with a flow in its posterior: reconstruction + β · [log q(z_K | x) − log p(z_K)] at the code that is decoded.

z_0 ~ N(μ(x), σ²(x)), z_K = f(z_0), log q(z_K | x) = log q(z_0 | x) − Σ_k log |det J_k| (Rezende & Mohamed, 2015,
eq. 13; Kingma et al., 2016, eq. 5). The prior is the standard normal, from which samples go straight into the decoder.

Left open: MaskAAE's Table 1 has a row "VAE + Flow" and says nothing of the flow; its preprint cites inverse
autoregressive flows there. Whether its decoder's variance was learned isn't stated either; the protocol tells.
Pitfalls: the divergence is estimated from one draw and may be negative for a batch; an example's code is where the flow
takes the Gaussian's mean, not the posterior's mean. A flow draws codes in one pass and evaluates the density of other
codes only one axis after another, so nothing here asks for that.
"""

from __future__ import annotations

from torch import Tensor

from latentdim.nets import reconstruction
from latentdim.training import Hooks, Task, train
from methods.vae_flow import Config
from methods.vae_flow.model import FlowVAE


def fit(task: Task, config: Config) -> FlowVAE:
    """Train one VAE with ``task.dim`` latent dimensions and return it."""
    model = FlowVAE.initial(task.protocol, config, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)
    noise = task.draws("noise")

    def loss(batch: Tensor) -> dict[str, Tensor]:
        z, divergence = model.posterior(batch).draw_with_kl(noise, model.prior)
        return {
            "reconstruction": reconstruction(model, z, batch, task.protocol),
            "kl": config.beta * divergence.mean(),
        }

    return train(model, loss, task, hooks=Hooks(observe=model.observe))
