"""Least Volume: reconstruction + λ · the codes' volume under a Lipschitz decoder (Chen & Fuge, 2024, section 2).

The volume is the geometric mean of the codes' standard deviations. Under a decoder that stretches nothing by more than
K, codes can't all shrink without losing the reconstruction, and a product is made small most cheaply by giving up whole
axes. With a linear decoder those left are the principal ones (their result on PCA).

Taken from the released code: η, the bound on each layer as a map of its inputs, holding pruned axes at the codes' mean,
and the share of the reconstruction that axes explain. Its pruning during training, whose thresholds are set anew for
each data set, belongs to a later version of the text and is left out.

Chosen here: deviations have the divisor B (released: B − 1), which changes all by one factor and keeps a batch of one
example finite. How much pruned axes may explain together isn't a number of the paper's; it is 1 % here. A Gaussian with
the codes' means and variances generates; the paper generates nothing.

Pitfalls: without the bound the volume is made small by smaller codes and larger weights, and no axis goes. A
convolution's norm depends on the size of its input. Batch normalisation undoes the bound. λ stands against the unit of
the data: wider data make wider codes.
"""

from __future__ import annotations

import math

from torch import Tensor

from latentdim.nets import reconstruction
from latentdim.training import Hooks, Task, train
from methods.least_volume import Config
from methods.least_volume.model import LeastVolume


def fit(task: Task, config: Config) -> LeastVolume:
    """Train one autoencoder with ``task.dim`` initial latent dimensions, prune it, and return it.

    Raises:
        ValueError: if the protocol's decoder can't be made Lipschitz.
    """
    model = LeastVolume.initial(task.protocol, config, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)
    weight = config.volume_weight * (math.prod(task.shape) if task.protocol.reduction == "sum" else 1)

    def loss(batch: Tensor) -> dict[str, Tensor]:
        codes = model.encode(batch)
        return {
            "reconstruction": reconstruction(model, codes, batch, task.protocol),
            "volume": weight * volume(codes, eta=config.eta),
        }

    def finish() -> None:
        model.settle(task)

    return train(model, loss, task, hooks=Hooks(finish=finish))


def volume(codes: Tensor, *, eta: float) -> Tensor:
    """(Π_l (σ_l + η))^(1/L) of a batch of codes ``(B, L)``, a scalar; σ_l with divisor B."""
    return (codes.std(dim=0, correction=0) + eta).log().mean().exp()
