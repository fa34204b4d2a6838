"""ARD-VAE: reconstruction + β · KL to a prior whose scales come from the codes (Saha et al., 2025, Algorithm 1).

The codes of examples set aside give b/a (eq. 8–9, 18) as each epoch begins; the prior is N(0, b/a), whose divergence
has a closed form (eq. 16–17), or the Student-t of eq. 11–14, whose divergence is estimated from the draw that is
decoded, as the paper's section 3.2 says it would be; it trained none so. Axes count by eq. 19–20 once the training is
over; of either prior they take b/a for the variance, as eq. 18 calls it.

Open in the paper, and chosen here: with the Student-t prior, ν is the number of codes (eq. 8 and 12), generation draws
from it too, and β is what it is for the other prior. With 10,000 codes the two priors are all but one.

Pitfalls: β belongs to the summed squared error without ½. The released KL has the variance where eq. 17 has its
logarithm (``kl_variance_term``). The codes for b/a are those of evaluation mode. b/a is a moment about zero, and the
released generation adds the codes' mean to it.
"""

from __future__ import annotations

from torch import Tensor

from latentdim.nets import Draws, Posterior, reconstruction
from latentdim.training import Hooks, Task, train
from methods.ard_vae import Config
from methods.ard_vae.model import ArdVAE, example_batches
from methods.ard_vae.prior import Estimated

PAPER_N_ALPHA = 10_000  # section 3.3
LARGEST_SHARE = 4  # a quarter: 10,000 of CIFAR-10's 40,000 in the released code; smaller sets aren't in the paper


def fit(task: Task, config: Config) -> ArdVAE:
    """Train one ARD-VAE with ``task.dim`` initial latent dimensions and return it.

    Raises:
        ValueError: if too few training examples are left beside those of the prior.
    """
    n_alpha = alpha_count(task, config)
    model = ArdVAE.build(
        task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation, kl_weight=config.beta,
        config=config, n_alpha=n_alpha,
    )  # fmt: skip
    model.to(task.device)
    noise = task.draws("noise")

    def loss(batch: Tensor) -> dict[str, Tensor]:
        posterior = model.posterior(batch)
        z, kl = draw_with_kl(posterior, noise, model.estimated, config)
        return {
            "reconstruction": reconstruction(model, z, batch, task.protocol),
            "kl": config.beta * kl.mean(),
        }

    def refresh(epoch: int) -> None:
        if epoch % config.refresh_every == 0:  # "e mod u" as printed would never hold for u = 1
            alpha, _ = split_indices(task, epoch, n_alpha=n_alpha, refresh_every=config.refresh_every)
            model.estimated.refresh(model.codes(example_batches(task, alpha), task.draws("prior_variance")))

    def remaining(epoch: int) -> Tensor:
        return split_indices(task, epoch, n_alpha=n_alpha, refresh_every=config.refresh_every)[1]

    def observe() -> dict[str, Tensor]:
        variance = model.estimated.squared_scale
        return {"variance_min": variance.min(), "variance_max": variance.max()}

    def finish() -> None:
        model.settle(task)

    hooks = Hooks(examples=remaining, epoch_start=refresh, observe=observe, finish=finish)
    return train(model, loss, task, hooks=hooks)


def draw_with_kl(posterior: Posterior, draws: Draws, prior: Estimated, config: Config) -> tuple[Tensor, Tensor]:
    """One code of each example ``(B, L)`` and its divergence from the prior ``(B,)`` in nats.

    By eq. 17, or from the Student-t prior at the code that was drawn; with ``kl_variance_term: raw`` as the released
    code computes it.
    """
    z, kl = posterior.draw_with_kl(draws, prior)
    if config.kl_variance_term == "raw":
        kl = kl + 0.5 * (prior.squared_scale - prior.squared_scale.log()).sum()
    return z, kl


def split_indices(task: Task, epoch: int, *, n_alpha: int, refresh_every: int) -> tuple[Tensor, Tensor]:
    """Positions of X_α and X_sgd in an epoch: a split without replacement, drawn anew where the prior is refreshed."""
    last_refresh = epoch - epoch % refresh_every
    order = task.draws_at("alpha", last_refresh).permutation(task.n_train)
    return order[:n_alpha].sort().values, order[n_alpha:].sort().values


def alpha_count(task: Task, config: Config) -> int:
    """|X_α|: as configured, or the paper's 10,000, or a quarter of fewer than 40,000 training examples.

    Raises:
        ValueError: if less than one batch is left to train on.
    """
    n_alpha = config.n_alpha or max(1, min(PAPER_N_ALPHA, task.n_train // LARGEST_SHARE))
    if task.n_train - n_alpha < task.protocol.batch_size:
        raise ValueError(
            f"ard_vae: n_alpha = {n_alpha} of {task.n_train} training examples leaves fewer than one batch of "
            f"{task.protocol.batch_size} to train on"
        )
    return n_alpha
