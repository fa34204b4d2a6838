"""Two-stage VAE, declared: a VAE with a learned variance, then another one on its codes."""

from pydantic import Field, PositiveFloat, PositiveInt

from latentdim import Method, MethodConfig


class Config(MethodConfig):
    """The two-stage VAE's own settings: those of its second stage.

    Published are 400 epochs of the first stage and 800 of the second on MNIST, Fashion-MNIST and CelebA, 1,000 and
    2,000 on CIFAR-10, both with batches of 64 and Adam at 1e-4, on ``network: {name: infogan}``.
    """

    second_length: PositiveFloat = Field(2.0, description="of the second training, relative to the first one's")
    second_width: PositiveInt = Field(1024, description="of the second stage's hidden layers")
    second_depth: PositiveInt = Field(3, description="number of the second stage's hidden layers")


METHOD = Method(
    name="two_stage_vae",
    title="Two-stage VAE",
    config=Config,
    runner="methods.two_stage_vae.runner:fit",
    source="Dai & Wipf (2019), section 4, with the objective and the second stage of the released code",
    version=1,
    unused_fields=frozenset({"likelihood", "reduction", "decoder_variance"}),
    stages=("first", "second"),
    cost=10.0,  # beside convolutions the second stage costs less, beside small networks more
    active="all L: the method counts nothing",
    replayable=True,
)
