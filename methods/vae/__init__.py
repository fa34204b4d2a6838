"""VAE, declared: reconstruction + β · KL to the standard normal."""

from pydantic import Field

from latentdim import Method, MethodConfig


class Config(MethodConfig):
    """The VAE's own settings."""

    beta: float = Field(
        1.0, gt=0, description="weight of the KL term, against the protocol's reconstruction and reduction"
    )


METHOD = Method(
    name="vae",
    title="VAE",
    config=Config,
    runner="methods.vae.runner:fit",
    source="Kingma & Welling (2014), eq. 10; β as in Higgins et al. (2017), eq. 4",
    version=1,
    learns_variance=True,
    active="all L: the source has no rule",
)
