"""ARD-VAE, declared: a VAE whose prior variances are estimated from its own codes."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from latentdim import Method, MethodConfig
from latentdim.study.protocol import Training


class Config(MethodConfig):
    """ARD-VAE's own settings. The defaults are the paper's formulas.

    β belongs to the protocol's likelihood ``gaussian`` with reduction ``sum``: 0.5 for MNIST, 1 for CelebA (3 in the
    released code), 0.05 for CIFAR-10 and ImageNet, 5 for DSprites and 3D Shapes (supplement, Table 6); for new data it
    is chosen by the validation data's reconstruction error at a large L (3.3, 4.1.2).

    The released code differs in ``generation_mean: encodings``, ``jacobian_at: sample``,
    ``jacobian_reduction: square_of_mean`` and ``kl_variance_term: raw``.
    """

    beta: float = Field(0.5, gt=0, description="weight of the KL term; 0.5 is MNIST's (supplement, Table 6)")
    prior: Literal["normal", "student_t"] = Field(
        "normal", description="p(z | D_z); normal: N(0, b/a), divergence in closed form (eq. 17); student_t: eq. 11, "
        "with as many degrees of freedom as examples set aside, its divergence from a draw (3.2)"
    )  # fmt: skip
    n_alpha: PositiveInt | None = Field(
        None, description="training examples that an epoch sets aside for the prior's variances; null: 10,000 (3.3), "
        "or a quarter of fewer than 40,000: the paper's largest share, CIFAR-10's in the released code"
    )  # fmt: skip
    refresh_every: PositiveInt = Field(1, description="epochs that D_z lags, u in Algorithm 1")
    moment: Literal["about_zero", "about_mean"] = Field(
        "about_zero", description="of the codes, for the variances; about_zero: μ^α = 0 in eq. 9"
    )
    variance_floor: PositiveFloat = Field(
        1e-8, description="least variance of the prior: an axis whose codes vanish would divide by zero"
    )
    kl_variance_term: Literal["log", "raw"] = Field(
        "log", description="what eq. 17 holds of the prior's variance; raw: the released code has the variance where "
        "its logarithm belongs, which leaves the gradients alone but moves the plateau schedule's loss"
    )  # fmt: skip
    generation_mean: Literal["zero", "encodings"] = Field(
        "zero", description="the mean of generation, and what unused axes hold; encodings: the mean of the codes' "
        "means (released code), zero: the prior's"
    )  # fmt: skip
    n_jacobian: PositiveInt = Field(100, description="training examples for the decoder's Jacobian (3.4)")
    jacobian_at: Literal["mean", "sample"] = Field("mean", description="mean: 3.4; sample: released code")
    jacobian_reduction: Literal["mean_of_squares", "square_of_mean"] = Field(
        "mean_of_squares", description="eq. 19; square_of_mean (of absolute values): released code"
    )
    relevance_share: float = Field(0.99, gt=0, lt=1, description="of the summed relevance (3.4)")
    relevance_strict: bool = Field(True, description="the active axes' share is strictly above it (released code)")


def compatibility(config: Config, training: Training, n_train: int) -> Iterator[str]:
    """Whether the settings agree, and something is left to train on beside the examples set aside for the prior."""
    if config.prior == "student_t" and config.kl_variance_term == "raw":
        yield ".kl_variance_term = 'raw': belongs to prior 'normal'; the released code has no Student-t prior"
    if config.n_alpha is not None and n_train - config.n_alpha < training.batch_size:
        yield (
            f".n_alpha = {config.n_alpha}: leaves fewer than one batch of {training.batch_size} "
            f"of the {n_train} training examples"
        )


METHOD = Method(
    name="ard_vae",
    title="ARD-VAE",
    config=Config,
    runner="methods.ard_vae.runner:fit",
    source="Saha et al. (2025), eq. 8–9 and 16–20; supplement, Algorithms 1 and 2",
    version=3,
    cost=1.2,
    active="the fewest axes with more than 99 % of the summed relevance, gain times estimated variance (3.4)",
    compatibility="methods.ard_vae:compatibility",
    replayable=True,
)
