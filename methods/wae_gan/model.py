"""The autoencoder with a critic of its codes."""

from __future__ import annotations

import math

from torch import Tensor, nn

from latentdim.nets import Autoencoder
from latentdim.nets.build import Decoder


class AdversarialAutoencoder(Autoencoder):
    """Encoder, decoder, and a critic that tells draws from the prior (high) from codes (low).

    Attributes:
        log_prior: whether log p(z) is added to what the critic's network gives.
    """

    def __init__(
        self, encoder: nn.Module, decoder: Decoder, *, dim: int, shape: tuple[int, ...], critic: nn.Module,
        log_prior: bool,
    ) -> None:  # fmt: skip
        super().__init__(encoder, decoder, dim=dim, shape=shape)
        self.critic, self.log_prior = critic, log_prior

    def height(self, z: Tensor) -> Tensor:
        """T(z), the logit of having been drawn from the prior, ``(n, 1)``.

        With ``log_prior``, −½‖z‖² − ½ log 2π is added: of the constant, which the network's last bias takes up, one
        axis's share, as in the released code.
        """
        out: Tensor = self.critic(z)
        if not self.log_prior:
            return out
        return out - 0.5 * z.square().sum(dim=1, keepdim=True) - 0.5 * math.log(2.0 * math.pi)
