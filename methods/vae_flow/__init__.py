"""VAE with a normalising flow in its posterior, declared."""

from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from latentdim import Method, MethodConfig

HIDDEN, CONTEXT = (32, 32), 32


class Config(MethodConfig):
    """The flow's own settings.

    The row "VAE + Flow" of MaskAAE's Table 1 states none of them. Its preprint's table cites Kingma et al. (2016),
    hence the inverse autoregressive flow; depth and widths are usual small ones, the context as wide as they are. They
    are the same for any dataset. β is set as for ``vae``.
    """

    flow: Literal["iaf", "planar"] = Field(
        "iaf", description="iaf: inverse autoregressive (Kingma et al., 2016); planar: Rezende & Mohamed (2015)"
    )
    steps: PositiveInt = Field(2, description="transformations one after another; axes are reversed between two of iaf")
    hidden: tuple[PositiveInt, ...] = Field(
        HIDDEN, min_length=1, description="iaf: widths of the hidden layers of each autoregressive network"
    )
    context: NonNegativeInt = Field(
        CONTEXT, description="iaf: numbers beyond mean and log-variance that the encoder hands to each network"
    )
    beta: float = Field(1.0, gt=0, description="weight of the divergence, estimated at the code that is decoded")

    @model_validator(mode="after")
    def _of_its_flow(self) -> Self:
        if self.flow == "planar" and (self.hidden, self.context) != (HIDDEN, CONTEXT):
            raise ValueError(
                "'hidden' and 'context' belong to flow 'iaf'; a planar flow's parameters are the encoder's"
            )
        return self


METHOD = Method(
    name="vae_flow",
    title="VAE + flow",
    config=Config,
    runner="methods.vae_flow.runner:fit",
    source="Kingma et al. (2016), eq. 10 and Algorithm 1; Rezende & Mohamed (2015), eq. 10–13 and appendix A.1",
    version=1,
    cost=1.5,
    learns_variance=True,
    active="all L: the source has no rule",
    replayable=True,
)
