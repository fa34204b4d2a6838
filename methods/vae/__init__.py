"""VAE, declared: reconstruction + β · KL to the standard normal."""

from pydantic import Field

from latentdim import Method, MethodConfig


class Config(MethodConfig):
    """The VAE's own settings.

    β = 1 is that of every paper here. A study that weighs otherwise takes, once for each dataset and before anything
    else is looked at, the largest of {0.05, 0.1, 0.2, 0.5, 1, 2, 5} whose squared error on the validation part, at the
    study's largest L, is at most 5 % of the data's variance (the smallest, where none is): never by ACTIVE, by the true
    dimension or by test examples.
    """

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
    replayable=True,
)
