"""ARD-VAE: reconstruction + β · KL to a prior whose variances come from the codes (Saha et al., 2025, Algorithm 1)."""

from __future__ import annotations

from torch import Tensor

from latentdim.nets import Posterior, Prior, reconstruction
from latentdim.training import Hooks, Task, train
from methods.ard_vae import Config
from methods.ard_vae.model import ArdVAE, example_batches

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
        config=config,
    )  # fmt: skip
    model.to(task.device)
    noise = task.draws("noise")

    def loss(batch: Tensor) -> dict[str, Tensor]:
        posterior = model.posterior(batch)
        return {
            "reconstruction": reconstruction(model, posterior.draw(noise), batch, task.protocol),
            "kl": config.beta * prior_kl(posterior, model.estimated, term=config.kl_variance_term).mean(),
        }

    def refresh(epoch: int) -> None:
        if epoch % config.refresh_every == 0:  # "e mod u" as printed would never hold for u = 1
            alpha, _ = split_indices(task, epoch, n_alpha=n_alpha, refresh_every=config.refresh_every)
            model.estimated.refresh(model.codes(example_batches(task, alpha), task.draws("prior_variance")))

    def remaining(epoch: int) -> Tensor:
        return split_indices(task, epoch, n_alpha=n_alpha, refresh_every=config.refresh_every)[1]

    def observe() -> dict[str, Tensor]:
        variance = model.estimated.variance
        return {"variance_min": variance.min(), "variance_max": variance.max()}

    def finish() -> None:
        model.settle(task, n_alpha=n_alpha)

    hooks = Hooks(examples=remaining, epoch_start=refresh, observe=observe, finish=finish)
    return train(model, loss, task, hooks=hooks)


def prior_kl(posterior: Posterior, prior: Prior, *, term: str) -> Tensor:
    """KL to the prior, eq. 17, ``(B,)`` in nats; with ``term="raw"`` as the released code computes it."""
    kl = posterior.kl(prior)
    return kl if term == "log" else kl + 0.5 * (prior.variance - prior.variance.log()).sum()


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
