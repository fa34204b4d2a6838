"""IRMAE, declared: an autoencoder with linear layers between encoder and decoder, which lower the codes' rank."""

from pydantic import Field, NonNegativeInt, PositiveInt

from latentdim import Method, MethodConfig


class Config(MethodConfig):
    """IRMAE's own settings: the paper's for MNIST, beside the mean squared error, Adam at 10⁻⁴ and batches of 32."""

    linear_layers: NonNegativeInt = Field(
        8, description="l: square matrices between encoder and decoder; 8 is MNIST's, 0 the plain autoencoder"
    )
    rank_threshold: float = Field(
        0.01, gt=0, lt=1, description="a direction counts above this share of the largest singular value of the codes' "
        "covariance. The paper draws them and names no cut: a tenth of the largest standard deviation is this suite's"
    )  # fmt: skip
    n_codes: PositiveInt = Field(10_000, description="training examples at most whose codes' covariance is taken")


METHOD = Method(
    name="irmae",
    title="IRMAE",
    config=Config,
    runner="methods.irmae.runner:fit",
    source="Jing et al. (2020), section 3; initialisation as in the released code",
    version=1,
    cost=1.1,
    active="singular values of the codes' covariance above a share of the largest; the paper draws them, without a cut",
    replayable=True,
)
