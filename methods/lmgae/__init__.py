"""LMGAE, declared: MaskAAE's preprint, as far as its text tells what is different."""

from typing import Literal

from pydantic import Field

from latentdim import Method
from methods import maskaae


class Config(maskaae.Config):
    """LMGAE's settings are MaskAAE's, and so are their defaults but for the sub-steps' order.

    The preprint describes the same masks, losses, networks and data in the same words, and RMSProp. Its formulas are
    lost in the text at hand, the mask's among them, so what they may have held otherwise isn't known; nothing is said
    of λ₃'s doubling, the numbers of sub-steps, the learning rates and the layers, which are MaskAAE's here.

    ``mask: false`` is the "WAE" that it compares with.
    """

    order: Literal["critic_first", "generator_first"] = Field(
        "generator_first", description="of the two sub-steps between the autoencoder's and the mask's; the losses are "
        "introduced, and then said to be taken, in the order autoencoder, generator, matching, mask (section 4)"
    )  # fmt: skip


METHOD = Method(
    name="lmgae",
    title="LMGAE",
    config=Config,
    runner="methods.lmgae.runner:fit",
    source="“Towards Latent Space Optimality for Auto-Encoder Based Generative Models”, MaskAAE's preprint, section 4",
    version=1,
    unused_fields=maskaae.METHOD.unused_fields,
    cost=maskaae.METHOD.cost,
    active=maskaae.METHOD.active,
    compatibility=maskaae.METHOD.compatibility,
    replayable=True,
)
