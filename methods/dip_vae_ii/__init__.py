"""DIP-VAE-II, declared: a VAE whose codes are pressed to have the prior's covariance."""

from pydantic import Field, NonNegativeFloat

from latentdim import Method, MethodConfig


class Config(MethodConfig):
    """DIP-VAE-II's own settings; the defaults are those of DSprites and 3D Shapes (ARD-VAE, supplement, Table 6).

    They stand beside a reconstruction that is summed over an example's values (``reduction: sum``). No paper states any
    for other data: there they are kept.
    """

    lambda_od: NonNegativeFloat = Field(10.0, description="off-diagonal entries of the codes' covariance, squared")
    lambda_d: NonNegativeFloat = Field(10.0, description="its diagonal entries' squared distance from 1")


METHOD = Method(
    name="dip_vae_ii",
    title="DIP-VAE-II",
    config=Config,
    runner="methods.dip_vae_ii.runner:fit",
    source="Kumar et al. (2018), eq. 7",
    version=1,
    learns_variance=True,
    active="all L: the source has no rule. An axis may close, its posterior being the prior; the Jacobian rule tells",
    replayable=True,
)
