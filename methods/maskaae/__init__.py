"""MaskAAE, declared: an adversarial autoencoder with a learned mask on its codes."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from latentdim import Method, MethodConfig
from latentdim.study.protocol import Training


class Config(MethodConfig):
    """MaskAAE's own settings. The defaults are the objectives as printed (eq. 10, 15–18; Algorithm 2).

    The code released for MNIST differs. It is had with ``reconstruction: bce``, ``variance_exponent: 2``,
    ``variance_reduction: mean``, ``penalty_wrt: masked``, ``lambda_3_cap: 2048``, ``clip_theta: true`` and
    ``initialisation: released``, under a protocol of batch 64, 500,000 steps and four hidden layers of 1024. Its
    "learning-rate decay" (both losses with a reconstruction term divided by 5 late in training) is left out: RMSProp
    cancels it.

    What the paper leaves open has the released value: the learning rates, the sub-steps' numbers and batches, the form
    of RMSProp (the printed one, garbled, has ε inside the root as TensorFlow's has), a, and λ₃'s interval.

    ``mask: false`` is the "WAE" that the paper and LMGAE compare with: the same networks and critic, no mask, and so no
    variance and mask terms.
    """

    mask: bool = Field(True, description="false: the mask is 1 and stays so")
    reconstruction: Literal["norm", "mse", "bce", "sse"] = Field(
        "norm",
        description="batch mean of: the Euclidean norm of the error (printed); the mean squared error of a value; "
        "the mean cross-entropy of a value (released code; needs a sigmoid output); the sum of squared errors",
    )
    alpha_1: NonNegativeFloat = Field(1.0, description="reconstruction in the autoencoder's loss (Algorithm 2)")
    alpha_2: NonNegativeFloat = Field(100.0, description="variance of masked dimensions (Algorithm 2)")
    gamma: NonNegativeFloat = Field(10.0, description="δ = exp(−γ μ) weighs a dimension's variance (Algorithm 2)")
    variance_exponent: Literal[1, 2] = Field(1, description="2: δ = exp(−γ μ²), the released code")
    variance_reduction: Literal["sum", "mean"] = Field("sum", description="over dimensions; mean: the released code")
    beta_2: NonNegativeFloat = Field(10.0, description="gradient penalty (Gulrajani et al., 2017)")
    penalty_wrt: Literal["unmasked", "masked"] = Field(
        "unmasked", description="the code that the critic's gradient is taken for; unmasked: eq. 17, so each slope "
        "carries a factor μ; masked: the released code"
    )  # fmt: skip
    lambda_1: NonNegativeFloat = Field(1000.0, description="reconstruction in the mask's loss (Algorithm 2)")
    lambda_2: NonNegativeFloat = Field(1.0, description="(1 + w)² in the mask's loss (Algorithm 2)")
    lambda_3: NonNegativeFloat | None = Field(None, description="binarity of the mask at the start; null: 2 / m")
    lambda_3_interval: PositiveInt | None = Field(
        None, description="iterations after which λ₃ doubles; null: 4 T of the released code, T = 75 up to m = 20 and "
        "min(10000, ⌊112.5 m⌋) above (a jump from 300 to 9448)"
    )  # fmt: skip
    lambda_3_cap: PositiveFloat | None = Field(None, description="λ₃ grows no further; 2048 in the released code")
    theta_max: PositiveInt = Field(5, description="a: θ starts uniform on [0, a], μ = max(0, 1 − exp(−θ))")
    clip_theta: bool = Field(
        False, description="θ is cut at 0 after each step, as in the released code, so a dimension at 0 can come back; "
        "as printed, max(0, ·) has no slope below 0"
    )  # fmt: skip
    initialisation: Literal["network", "released"] = Field(
        "network", description="of weights and biases. network: the protocol's, and torch's for the critic (not stated "
        "in the paper); released: Glorot-normal weights and Glorot-uniform biases, all three networks'"
    )  # fmt: skip
    critic_hidden: tuple[PositiveInt, ...] | None = Field(
        None, description="widths of the critic's hidden layers; null: those of the protocol's mlp (9.3, 9.4.1), or "
        "1024 beside a convolutional network (9.4.2–9.4.4)"
    )  # fmt: skip
    ae_steps: PositiveInt = Field(1, description="ae_training_ratio")
    critic_steps: PositiveInt = Field(5, description="disc_training_ratio")
    order: Literal["critic_first", "generator_first"] = Field(
        "critic_first", description="of the two sub-steps between the autoencoder's and the mask's (9.2, Algorithm 2)"
    )
    ae_update: Literal["joint", "in_turn"] = Field(
        "joint", description="joint: encoder and decoder along one gradient (9.2, and the released code); in_turn: the "
        "encoder, then the decoder along the loss of the moved encoder (Algorithm 2, lines 6–9, to the letter), which "
        "costs a pass more and fits the decoder to an encoder that the generator's step then moves on"
    )  # fmt: skip
    batches: Literal["substep", "iteration"] = Field(
        "substep", description="substep: each draws its own batch, with replacement; iteration: all of them share one "
        "batch of the epoch's order"
    )  # fmt: skip
    optimizer: Literal["rmsprop_tensorflow", "rmsprop_torch", "adam"] = Field(
        "rmsprop_tensorflow",
        description="rmsprop_tensorflow: decay 0.9, ε = 1e-10 inside the root, mean square from 1; rmsprop_torch: "
        "torch's defaults (0.99, 1e-8 outside, from 0); adam: β = (0.5, 0.9)",
    )
    ae_rate: PositiveFloat = Field(5e-4, description="learning rate of encoder and decoder")
    critic_rate: PositiveFloat = 1e-4
    generator_rate: PositiveFloat = Field(1e-4, description="learning rate of the encoder as generator")
    mask_rate: PositiveFloat = 5e-4
    active_threshold: float = Field(0.1, gt=0, lt=1, description="a dimension counts from this mask value on")


def compatibility(config: Config, training: Training, n_train: int) -> Iterator[str]:
    """Whether the decoder's output suits the reconstruction term."""
    if config.reconstruction == "bce" and training.network.output != "sigmoid":
        yield ".reconstruction = 'bce': needs protocol.training.network.output 'sigmoid'"


METHOD = Method(
    name="maskaae",
    title="MaskAAE",
    config=Config,
    runner="methods.maskaae.runner:fit",
    source="Mondal et al. (2020), eq. 10 and 15–18, Algorithm 2",
    version=1,
    unused_fields=frozenset({"likelihood", "decoder_variance", "reduction", "optimizer", "schedule"}),
    cost=6.0,
    active="axes whose mask is at least 0.1",
    compatibility="methods.maskaae:compatibility",
    replayable=True,
)
