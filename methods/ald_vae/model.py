"""A VAE that loses latent dimensions while it is trained."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from latentdim.nets import Draws, GaussianPosterior, GaussianVAE, prune, prune_axes
from latentdim.nets.build import Decoder
from latentdim.study.protocol import Training
from methods.ald_vae import Config

SMALLEST = 1e-6  # added to the softmax; released code


class AldVAE(GaussianVAE):
    """Its heads and the decoder's first layer hold the present axes alone.

    Attributes:
        present: which of the initial axes these are, ascending, ``(P,)`` int64.
        stopped_epoch: after how many epochs pruning stopped; 0 as long as it hasn't.
    """

    encoder: nn.Sequential
    present: Tensor
    stopped_epoch: Tensor

    def __init__(
        self, encoder: nn.Sequential, decoder: Decoder, *, dim: int, shape: tuple[int, ...], config: Config
    ) -> None:
        super().__init__(encoder, decoder, dim=dim, shape=shape)
        self.config = config
        self.register_buffer("present", torch.arange(dim))
        self.register_buffer("stopped_epoch", torch.zeros((), dtype=torch.int64))

    @classmethod
    def initial(
        cls, protocol: Training, config: Config, *, dim: int, shape: tuple[int, ...], generator: torch.Generator
    ) -> Self:
        """The protocol's networks; where pruned layers freeze, they are told to.

        Raises:
            ValueError: if the network has no layers to take axes from.
        """
        model = cls.build(protocol, dim=dim, shape=shape, generator=generator, kl_weight=config.beta, config=config)
        prune_axes(model.encoder, model.decoder, torch.arange(dim))  # nothing goes; a network without heads is refused
        if config.pruned_layers == "frozen":
            model.freeze_pruned()
        return model

    def present_posterior(self, x: Tensor) -> GaussianPosterior:
        """q(z | x) of the present axes, ``(B, P)``."""
        mean, second = self.encoder(x).chunk(2, dim=1)
        if self.config.std_head == "softmax":
            second = 2.0 * (second.softmax(dim=1) + SMALLEST).log()
        return GaussianPosterior(mean, second)

    def posterior(self, x: Tensor) -> GaussianPosterior:
        """q(z | x) of all initial axes; that of a closed one is the prior, from which it has no divergence."""
        present = self.present_posterior(x)
        log_var = present.log_var.new_zeros(len(x), self.dim).index_copy(1, self.present, present.log_var)
        return GaussianPosterior(self.spread(present.mean, self.present), log_var)

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """Posterior means, or draws from the posterior; closed axes at their inactive value."""
        posterior = self.present_posterior(x)
        return self.spread(posterior.mean if sample is None else posterior.draw(sample), self.present)

    def decode(self, z: Tensor) -> Tensor:
        """Examples from codes of all initial axes, ``(B, L)``, or of the present ones, ``(B, P)``."""
        return super().decode(self._present_part(z))

    def logits(self, z: Tensor) -> Tensor | None:
        """What ``decode`` is the sigmoid of, from the same codes; None where it is none."""
        return super().logits(self._present_part(z))

    def _present_part(self, z: Tensor) -> Tensor:
        return z if z.shape[1] == self.present_dim else z[:, self.present]

    def active(self) -> Tensor:
        """The present axes, which nobody counts with a threshold."""
        return torch.zeros_like(self.inactive_value, dtype=torch.bool).index_fill(0, self.present, True)

    @property
    def present_dim(self) -> int:
        """How many axes are left."""
        return len(self.present)

    def keep(self, kept: Tensor, *, optimizers: Iterable[Optimizer] = ()) -> None:
        """Keep some of the present axes, in the network and in what optimisers hold for it.

        Args:
            kept: positions among the present ones, ascending, ``(K,)`` int64.
        """
        prune_axes(self.encoder, self.decoder, kept, optimizers=optimizers)
        prune(self.present, kept, axis=0)

    def structure(self) -> dict[str, Any]:
        """The present axes."""
        return {"present": self.present.tolist()}

    def restructure(self, structure: dict[str, Any]) -> None:
        """Take the other axes away.

        Raises:
            ValueError: if they aren't among the present ones.
        """
        here = self.present.tolist()
        kept = [here.index(axis) for axis in structure["present"]]
        if len(kept) < len(here):
            self.keep(torch.tensor(kept))

    def freeze_pruned(self) -> None:
        """Have the layers that prunings cut move no more once there was one: what they collect is dropped each time."""

        def drop(parameter: Tensor) -> None:
            if self.present_dim < self.dim:
                parameter.grad = None

        heads = [module for module in self.encoder.modules() if isinstance(module, nn.Linear)][-1:]
        for layer in (*heads, self.decoder.layers[0]):
            for parameter in layer.parameters():
                parameter.register_post_accumulate_grad_hook(drop)
