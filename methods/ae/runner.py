"""Autoencoder: the protocol's reconstruction term and nothing else.

Two uses. "Learning Useful Representation of Data Through Variational Inference" trains one beside a VAE, with
cross-entropy and with tanh on the code, which is its network's; RAE has a plain one, with the squared error, as an
ablation.

Left open: the first states no reduction for its autoencoder; the protocol's is taken, as for its VAE.
Pitfalls: codes are not regularised, so draws from the standard normal lie anywhere among them (beside a tanh even
outside of what the decoder ever saw). Samples from them say nothing of the decoder; for that, fit a density to the
codes.
"""

from __future__ import annotations

from torch import Tensor

from latentdim.nets import Autoencoder, reconstruction
from latentdim.training import Task, train
from methods.ae import Config


def fit(task: Task, config: Config) -> Autoencoder:
    """Train one autoencoder with ``task.dim`` latent dimensions and return it."""
    model = Autoencoder.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)

    def loss(batch: Tensor) -> dict[str, Tensor]:
        return {"reconstruction": reconstruction(model, model.encode(batch), batch, task.protocol)}

    return train(model, loss, task)
