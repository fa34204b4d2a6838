"""Nested dropout, declared: an autoencoder that decodes codes cut off at random, so that axes come in an order."""

from pydantic import Field, PositiveInt

from latentdim import Method, MethodConfig


class Config(MethodConfig):
    """Nested dropout's own settings.

    The paper truncates by a geometric law; this rate is the suite's, for any dataset and L: the last axis is kept in a
    share ρ^(L − 1) of the examples, with 0.9 in 21 % at 16 and 4 % at 32. For a larger L take (1/25)^(1/(L − 1)), which
    keeps it as often; nothing that is measured decides the rate.
    """

    rate: float = Field(
        0.9, gt=0, lt=1, description="ρ: P(b ≥ k) = ρ^(k − 1) for the number b of axes that an example keeps, at most L"
    )
    knee_margin: float = Field(
        0.1, ge=0, lt=1, description="how far the knee must lie from the straight line between the ends of the error's "
        "curve, both axes taken from 0 to 1; where none does, all L axes count"
    )  # fmt: skip
    n_knee: PositiveInt = Field(
        2000, description="examples at most that the errors rest on, held-out ones where the protocol has any"
    )


METHOD = Method(
    name="nested_dropout",
    title="Nested dropout",
    config=Config,
    runner="methods.nested_dropout.runner:fit",
    source="Rippel et al. (2014), section 3; the knee as in Satopää et al. (2011), of the error's logarithm",
    version=1,
    active="axes up to the knee of the log error over the number of axes kept; the source orders axes and counts none",
    replayable=True,
)
