"""DIP-VAE-I, declared: a VAE whose codes' means are pressed to have the prior's covariance."""

from pydantic import Field, NonNegativeFloat

from latentdim import Method, MethodConfig


class Config(MethodConfig):
    """DIP-VAE-I's own settings; the defaults are those of DSprites and 3D Shapes (ARD-VAE, supplement, Table 6).

    They stand beside a reconstruction that is summed over an example's values (``reduction: sum``). No paper states any
    for other data: there they are kept, in the ratio of the original's code, λ_d = 10 λ_od.
    """

    lambda_od: NonNegativeFloat = Field(10.0, description="off-diagonal entries of the means' covariance, squared")
    lambda_d: NonNegativeFloat = Field(100.0, description="its diagonal entries' squared distance from 1")


METHOD = Method(
    name="dip_vae_i",
    title="DIP-VAE-I",
    config=Config,
    runner="methods.dip_vae_i.runner:fit",
    source="Kumar et al. (2018), eq. 6",
    version=1,
    learns_variance=True,
    active="all L by construction: the penalty holds the variance of every axis's mean at 1",
    replayable=True,
)
