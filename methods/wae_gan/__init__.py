"""WAE-GAN, declared: reconstruction + weight · an adversarial distance between codes and prior."""

from pydantic import Field, PositiveFloat, PositiveInt

from latentdim import Method, MethodConfig


class Config(MethodConfig):
    """WAE-GAN's own settings.

    Published is 0.05 · SSE + λ · the adversarial term, λ = 10 on MNIST (released code); as for WAE-MMD the defaults are
    that line divided by 0.05, meant for the protocol's likelihood ``gaussian`` with reduction ``sum``. For CelebA λ is
    not stated (the code's 100 belongs to its MMD); where none is, the ratio stays as it is on MNIST. Both optimisers
    are the protocol's; the original's are Adam with ``beta1: 0.5``, at 1e-3 on MNIST and 3e-4 on CelebA.
    """

    reconstruction_weight: PositiveFloat = Field(1.0, description="of the protocol's reconstruction term")
    adversarial_weight: float = Field(200.0, ge=0, description="λ over the published reconstruction weight of 0.05")
    critic_hidden: tuple[PositiveInt, ...] = Field(
        (512, 512, 512, 512), description="widths of the critic's hidden layers; 1024 each for CelebA"
    )
    critic_rate: PositiveFloat = Field(5e-4, description="learning rate of the critic; 1e-3 for CelebA")
    log_prior: bool = Field(
        False,
        description="the known log p(z) is added to the critic, which then learns −log q(z) alone (true for CelebA)",
    )


METHOD = Method(
    name="wae_gan",
    title="WAE-GAN",
    config=Config,
    runner="methods.wae_gan.runner:fit",
    source="Tolstikhin et al. (2018), Algorithm 1, with the critic of the released code",
    version=1,
    unused_fields=frozenset({"schedule"}),
    cost=2.0,
    active="all L: the method counts nothing",
    replayable=True,
)
