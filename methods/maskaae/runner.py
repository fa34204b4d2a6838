"""MaskAAE: an adversarial autoencoder that learns which dimensions to keep (Mondal et al., 2020, Algorithm 2).

L_ae (eq. 15) moves encoder and decoder, L_dm (eq. 17) the critic, L_gen (eq. 16) the encoder, L_mask (eq. 10 and 18)
the mask μ = max(0, 1 − exp(−θ)) alone; λ₃ doubles every so many iterations. Samples are masked draws from the prior
(4.1). ACTIVE counts mask values of at least 0.1, as the released code does; the mask isn't rounded.

Open in the paper, and chosen here: λ₃'s interval, the learning rates, the numbers of sub-steps, a, and the form of
RMSProp (the printed one is garbled) are the released code's for MNIST; the covariance has the divisor s; one β₁ is
drawn for each pair; each sub-step draws its own batch with replacement. Where that code differs from the text, the text
is the default and the code a setting (see the declaration). The study ``mask_sweep`` shows what the open settings do.

Pitfalls: a mask of zeros makes two of its three terms vanish, so the reconstruction's scale decides whether anything is
kept. RMSProp's steps have one size whatever the gradient's, so θ moves by about its learning rate an iteration; where
λ₃ grows faster than that, the initial draw decides. An axis near 0 is held still by α₂ = 100 and doesn't come back. The
released code leaves out a bias initialiser (``bias_initializer=None``), which in TensorFlow 1 doesn't mean zeros:
biases are drawn Glorot-uniform (``initialisation: released``). Its published FID is the least of 99 checkpoints on the
test set.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim import Optimizer

from latentdim.training import Hooks, Task, descend, train_steps
from methods.maskaae import Config
from methods.maskaae.model import MaskedAutoencoder
from methods.maskaae.objective import (
    LIKELIHOODS,
    binarity,
    critic_loss,
    generator_loss,
    lambda_3,
    masked_variance,
    wasserstein,
)
from methods.maskaae.optimizer import optimizer_for

Terms = dict[str, Tensor]
Draw = Callable[[], Tensor]


def fit(task: Task, config: Config) -> MaskedAutoencoder:
    """Train one MaskAAE of capacity m = ``task.dim`` and return it.

    Raises:
        ValueError: if cross-entropy is asked of a decoder whose output is no sigmoid.
    """
    if task.protocol.network.output not in LIKELIHOODS[config.reconstruction].outputs:
        raise ValueError("maskaae: reconstruction 'bce' needs protocol.training.network.output 'sigmoid'")
    model = MaskedAutoencoder.initial(
        task.protocol, config, dim=task.dim, shape=task.shape, generator=task.initialisation
    )
    model.to(task.device)
    steps = SubSteps(model, config, task)
    return train_steps(model, steps.iteration, task, optimizers=steps.optimizers, hooks=Hooks(observe=steps.observe))


class SubSteps:
    """The sub-steps of one iteration; each moves its own parameters and no others."""

    def __init__(self, model: MaskedAutoencoder, config: Config, task: Task) -> None:
        self.model, self.config, self.task = model, config, task
        self.noise = task.draws("noise")
        self.reconstruction = LIKELIHOODS[config.reconstruction].loss
        self.optimizers = optimizers_of(model, config)
        self.distance = torch.zeros((), device=task.device)

    def iteration(self, draw: Draw) -> Terms:
        """One pass of Algorithm 2's outer loop: autoencoder, critic, generator (or these two the other way), mask."""
        config, model = self.config, self.model
        batch = draw if config.batches == "iteration" else self.random_batch
        terms: Terms = {}
        for _ in range(config.ae_steps):
            terms |= self.autoencoder_step(batch())
        if config.order == "generator_first":
            terms |= self.generator_step(batch())
        for _ in range(config.critic_steps):
            terms |= self.critic_step(batch())
        self.distance = -terms["critic"].detach()
        if config.order == "critic_first":
            terms |= self.generator_step(batch())
        model.iteration += 1
        if config.mask:
            terms |= self.mask_step(batch())
        return terms

    def random_batch(self) -> Tensor:
        """A batch drawn with replacement, ``(s, *shape)``."""
        task = self.task
        return task.examples(task.draws("batches").integers(task.n_train, (task.protocol.batch_size,)))

    def autoencoder_step(self, x: Tensor) -> Terms:
        """L_ae (eq. 15) moves encoder and decoder, at once or in turn."""
        model, config = self.model, self.config
        mask = model.mask.detach()

        def loss() -> Terms:
            codes = model.encode(x)
            terms = {"reconstruction": config.alpha_1 * self.reconstruction(model, codes, x)}
            if config.mask:
                terms["variance"] = config.alpha_2 * masked_variance(codes, mask, config)
            return terms

        names = ("encoder", "decoder") if config.ae_update == "in_turn" else ("autoencoder",)
        return [descend(loss, self.optimizers[name], self.task) for name in names][-1]

    def critic_step(self, x: Tensor) -> Terms:
        """L_dm (eq. 17) moves the critic."""
        model = self.model
        with torch.no_grad():
            codes, mask = model.encode(x), model.mask
        z = self.prior(len(x))
        mix = self.noise.uniform((len(x), 1))

        def loss() -> Terms:
            return critic_loss(model.critic, z=z, codes=codes, mask=mask, mix=mix, config=self.config)

        return descend(loss, self.optimizers["critic"], self.task)

    def generator_step(self, x: Tensor) -> Terms:
        """L_gen (eq. 16) moves the encoder."""
        model = self.model

        def loss() -> Terms:
            return {"generator": generator_loss(model.critic, codes=model.encode(x), mask=model.mask.detach())}

        return descend(loss, self.optimizers["generator"], self.task)

    def mask_step(self, x: Tensor) -> Terms:
        """L_mask (eq. 18) moves θ."""
        model, config = self.model, self.config
        z = self.prior(len(x))
        with torch.no_grad():
            codes = model.encode(x)

        def loss() -> Terms:
            mask = model.mask
            distance = wasserstein(model.critic, z=z, codes=codes, mask=mask)
            return {
                "mask_reconstruction": config.lambda_1 * self.reconstruction(model, codes, x),
                "mask_distribution": config.lambda_2 * (1.0 + distance).square(),
                "mask_binarity": lambda_3(model.iteration, dim=model.dim, config=config) * binarity(mask),
            }

        terms = descend(loss, self.optimizers["mask"], self.task)
        if config.clip_theta:
            with torch.no_grad():
                model.theta.clamp_(min=0.0)
        return terms

    def prior(self, n: int) -> Tensor:
        """Draws from the standard normal, ``(n, m)``, of the training."""
        return self.noise.normal((n, self.model.dim))

    def observe(self) -> Terms:
        """For the history: active dimensions and the critic's last estimate of w; with a mask, λ₃ and the mask too."""
        model = self.model
        seen = {"active": model.active().sum(), "wasserstein": self.distance}
        if not self.config.mask:
            return seen
        weight = lambda_3(model.iteration, dim=model.dim, config=self.config)
        return seen | {"l3": weight} | {f"mask_{j}": value for j, value in enumerate(model.mask)}


def optimizers_of(model: MaskedAutoencoder, config: Config) -> dict[str, Optimizer]:
    """One optimiser for each kind of sub-step, the encoder's two roles apart (Algorithm 2)."""
    encoder, decoder = list(model.encoder.parameters()), list(model.decoder.parameters())
    moved = {"encoder": (encoder, config.ae_rate), "decoder": (decoder, config.ae_rate)}
    if config.ae_update == "joint":
        moved = {"autoencoder": (encoder + decoder, config.ae_rate)}
    moved |= {
        "critic": (list(model.critic.parameters()), config.critic_rate),
        "generator": (encoder, config.generator_rate),
    }
    if config.mask:
        moved["mask"] = ([model.theta], config.mask_rate)
    return {name: optimizer_for(parameters, rate, config) for name, (parameters, rate) in moved.items()}
