"""WAE-GAN: deterministic encoder, reconstruction + weight · an adversarial distance to the standard normal.

Tolstikhin et al. (2018), Algorithm 1, with a critic T on codes: encoder and decoder descend along
w · reconstruction + λ · mean softplus(−T(E(x))); then the critic along
λ · (mean softplus(−T(p)) + mean softplus(T(E(x)))), on the same batch and with the codes of the encoder just moved
(released code). ACTIVE is L: the source counts nothing.

Open: λ for CelebA, and where MaskAAE's Table 1 has its WAE-GAN from. MaskAAE's own comparison, a Wasserstein critic
with a gradient penalty, is ``maskaae`` with ``mask: false``. Left out, as for WAE-MMD: input noise, pretraining of the
encoder, and schedules of the learning rates, which are for one optimiser.

Pitfalls: λ scales both players' terms, so Adam's steps of the critic don't see it; a fast critic makes the pair
unstable; batch normalisation in the encoder sees each batch twice.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from latentdim.nets import reconstruction
from latentdim.nets.build import mlp
from latentdim.training import Task, descend, train_steps
from latentdim.training.optimizers import optimizer_of
from methods.wae_gan import Config
from methods.wae_gan.model import AdversarialAutoencoder
from methods.wae_gan.objective import critic_loss, matching_loss

Terms = dict[str, Tensor]


def fit(task: Task, config: Config) -> AdversarialAutoencoder:
    """Train one WAE-GAN with ``task.dim`` latent dimensions and return it."""
    generator = task.initialisation
    critic = mlp((task.dim, *config.critic_hidden, 1), generator=generator)
    model = AdversarialAutoencoder.build(
        task.protocol, dim=task.dim, shape=task.shape, generator=generator, critic=critic, log_prior=config.log_prior
    )
    model.to(task.device)
    optimizer = task.protocol.optimizer
    players = {
        "autoencoder": optimizer_of(optimizer, [*model.encoder.parameters(), *model.decoder.parameters()]),
        "critic": optimizer_of(
            optimizer.model_copy(update={"learning_rate": config.critic_rate}), model.critic.parameters()
        ),
    }
    noise = task.draws("noise")

    def autoencoder_terms(x: Tensor) -> Terms:
        codes = model.encode(x)
        return {
            "reconstruction": config.reconstruction_weight * reconstruction(model, codes, x, task.protocol),
            "matching": config.adversarial_weight * matching_loss(model.height(codes)),
        }

    def critic_terms(codes: Tensor, prior: Tensor) -> Terms:
        value = critic_loss(drawn=model.height(prior), encoded=model.height(codes))
        return {"critic": config.adversarial_weight * value}

    def step(draw: Callable[[], Tensor]) -> Terms:
        x = draw()
        terms = descend(lambda: autoencoder_terms(x), players["autoencoder"], task)
        with torch.no_grad():
            codes = model.encode(x)
        prior = noise.normal(codes.shape)
        return terms | descend(lambda: critic_terms(codes, prior), players["critic"], task)

    return train_steps(model, step, task, optimizers=players)
