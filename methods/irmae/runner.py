"""IRMAE: the reconstruction alone, with l square matrices between encoder and decoder (Jing et al., 2020, section 3).

Gradient descent on a product of matrices prefers products of low rank; nothing in the loss asks for it. After the
training the matrices are absorbed into the encoder. They have no biases and start as torch's linear layers do, as in
the released code.

Left open: the cut below which a singular value counts for nothing. The paper draws the values divided by the largest,
of the test set; here they are of training examples, and counted from 1 % on.
Pitfalls: the effect is the optimiser's. It depends on the learning rate, on l and on how small the matrices start: with
many of them the first epochs move next to nothing, since the product of l matrices that each shrink a code by a half is
2⁻ˡ. Codes are rotated to their principal directions, or no axis would stand for a direction.
"""

from __future__ import annotations

from torch import Tensor

from latentdim.nets import reconstruction
from latentdim.training import Hooks, Task, train
from methods.irmae import Config
from methods.irmae.model import ImplicitRank


def fit(task: Task, config: Config) -> ImplicitRank:
    """Train one IRMAE with ``task.dim`` latent dimensions and return it."""
    model = ImplicitRank.initial(task.protocol, config, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)
    plain = model.plain

    def loss(batch: Tensor) -> dict[str, Tensor]:
        return {"reconstruction": reconstruction(plain, plain.encode(batch), batch, task.protocol)}

    return train(model, loss, task, hooks=Hooks(finish=lambda: model.settle(task)))
