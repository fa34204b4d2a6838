"""GECO-L0-ARM-VAE, declared: a VAE under a constraint on its reconstruction, with gates on its latent axes."""

from collections.abc import Iterator

from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator

from latentdim import Method, MethodConfig
from latentdim.study.protocol import Training


class Config(MethodConfig):
    """GECO-L0-ARM-VAE's own settings.

    Known are τ, from ARD-VAE's supplement (Table 6): 10 on MNIST, 300 on CelebA, 25 on CIFAR-10, 15 on ImageNet at
    32×32, against the summed squared error of an image; and that nothing else was set. Code and layers of the authors
    aren't published, so the other defaults are those of the parts that they name, L0-ARM and GECO, or choices, as each
    says. The network, too, is assumed unless a study names another paper's.

    On data without a published τ it is 5 % of the training data's variance, summed over an example's values: what the
    rule for a VAE's β may leave unexplained. Nothing else is looked at.
    """

    tau: PositiveFloat = Field(
        10.0, description="τ: the summed squared error of an example that is aimed at; 10 is MNIST's"
    )
    lambda_start: PositiveFloat = Field(1.0, description="λ at the start (copy of the authors' constraint class)")
    lambda_min: NonNegativeFloat = Field(0.0, description="λ falls no further (the same)")
    lambda_max: PositiveFloat = Field(
        20.0, description="λ grows no further; 20 in the same laboratory's library, where the copy of its class has 1: "
        "under that MNIST's τ isn't met by the plain VAE, which ARD-VAE's Table 10 tells that it was"
    )  # fmt: skip
    averaging: float = Field(0.99, ge=0, lt=1, description="weight of the past in the constraint's moving average")
    gate_scale: PositiveFloat = Field(7.0, description="k: a gate is open with probability σ(k φ) (L0-ARM)")
    gate_start: float = Field(
        0.9, gt=0.5, lt=1, description="σ(k φ) at the start; not stated: L0-ARM's own default of .5 would close half "
        "of the axes of a network that was trained with all of them"
    )  # fmt: skip
    gate_weight: NonNegativeFloat = Field(1.0, description="weight of the number of open gates, against nats")
    gates_while_met: bool = Field(
        True, description="the number of open gates counts only in steps whose constraint is met (second-hand, "
        "Algorithm 1, line 24); false: in all of them, once it was met"
    )  # fmt: skip

    @model_validator(mode="after")
    def _ordered(self) -> "Config":
        if not self.lambda_min <= self.lambda_start <= self.lambda_max:
            raise ValueError(
                f"lambda_start = {self.lambda_start:g} must lie between lambda_min = {self.lambda_min:g} and "
                f"lambda_max = {self.lambda_max:g}"
            )
        return self


def compatibility(config: Config, training: Training, n_train: int) -> Iterator[str]:
    """Whether the protocol's reconstruction is the squared error that τ is in."""
    if training.likelihood != "gaussian" or training.reduction != "sum" or training.decoder_variance is not None:
        yield (
            f".tau = {config.tau:g}: is a summed squared error; it needs protocol.training.likelihood 'gaussian', "
            "reduction 'sum' and no decoder_variance"
        )


METHOD = Method(
    name="geco_l0_arm_vae",
    title="GECO-L0-ARM-VAE",
    config=Config,
    runner="methods.geco_l0_arm_vae.runner:fit",
    source="De Boom et al. (2021), eq. 8, 12, 13 and Algorithm 1, as told by others; τ: ARD-VAE, supplement, Table 6. "
    "The authors' layers aren't published; network geco_conv is assumed",
    version=2,
    unused_fields=frozenset({"schedule"}),
    cost=1.6,
    active="axes whose gate is open, σ(φ) > ½",
    compatibility="methods.geco_l0_arm_vae:compatibility",
    replayable=True,
)
