"""RAE: deterministic encoder, reconstruction + β · squared codes + λ · a regulariser of the decoder.

Ghosh et al. (2020), section 3.1: L_REC + β L_Z + λ L_REG with L_Z = ½‖z‖² and L_REG = ‖θ‖² (RAE-L2) or ‖∂D/∂z‖²
(RAE-GP), or none and a decoder whose layers have the spectral norm 1 (RAE-SN); section 4: samples come from a mixture
of ten Gaussians with full covariances, fitted to the codes of all training examples once the training is over. ACTIVE
is L: the source counts nothing.

Chosen where paper and released code differ: the code's reductions (a mean over a code's axes where the paper has
½‖z‖²), and its gradient penalty, whose weight is known; both of the paper's forms are settings. L2 is a term of the
loss, logged, and not the optimiser's weight decay: λ Σ w² has the slope 2 λ w, so it equals a ``weight_decay`` of 2 λ
on the same weights; biases and normalisations don't count unless ``l2_of`` says so. RAE-SN normalises the decoder, as
the paper says; the released code normalises the encoder too, which ``network: {spectral_norm: encoder}`` adds.

Pitfalls: another widely used implementation has ½‖z‖² beside a sum over pixels, so that the same β is 128 times weaker
on MNIST; with ``gradient_penalty`` the decoder sees each batch twice, and through batch normalisation an example's
slope has a share of its neighbours'; the mixture's covariances get 1e-6 on their diagonals, which is absolute; it is
fitted anew whenever weights are kept or measured, some seconds each time.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from latentdim.nets import Autoencoder, Draws, NormalMixture, reconstruction
from latentdim.training import Hooks, Task, train
from methods.rae import COMPONENTS, Config
from methods.rae.objective import jacobian_penalty, latent_norm, squared_output_penalty, weight_norm


def fit(task: Task, config: Config) -> Autoencoder:
    """Train one RAE with ``task.dim`` latent dimensions and return it."""
    prior = NormalMixture(task.dim, components=COMPONENTS)
    protocol = task.protocol.model_copy(update={"network": config.network(task.protocol)})
    model = Autoencoder.build(protocol, dim=task.dim, shape=task.shape, generator=task.initialisation, prior=prior)
    model.to(task.device)
    beta, lam = config.weights
    unit = math.prod(task.shape) if task.protocol.reduction == "sum" else 1  # weights are against a mean over values
    noise = task.draws("noise")

    def loss(batch: Tensor) -> dict[str, Tensor]:
        codes = model.encode(batch)
        terms = {
            "reconstruction": reconstruction(model, codes, batch, task.protocol),
            "latent": unit * beta * latent_norm(codes, reduction=config.latent_reduction),
        }
        if config.regulariser == "l2":
            terms["weights"] = unit * lam * weight_norm(model.decoder, of=config.l2_of)
        elif config.regulariser == "gradient_penalty":
            terms["gradient"] = unit * lam * gradient_penalty(codes, batch)
        return terms

    def gradient_penalty(codes: Tensor, batch: Tensor) -> Tensor:
        if config.gradient_penalty == "jacobian":
            return jacobian_penalty(model.decode, codes, noise.normal(batch.shape))
        return squared_output_penalty(model.decode, codes)

    def finish() -> None:
        codes = torch.cat([model.encode(batch) for batch in task.data.batches(task.data.train)])
        prior.fit(codes, Draws.named(*task.names, "mixture"))

    return train(model, loss, task, hooks=Hooks(finish=finish))
