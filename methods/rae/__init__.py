"""RAE, declared: a deterministic autoencoder with regularised codes and a regularised decoder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, NonNegativeFloat, model_validator

from latentdim import Method, MethodConfig
from latentdim.nets import count
from latentdim.nets.layers import Conv, ConvTranspose, each_layer
from latentdim.registry.declarations import NetworkOptions
from latentdim.study.protocol import Training

COMPONENTS = 10  # of the mixture that samples come from

# β and λ of the released code's runs on MNIST; without a term there is no λ.
RELEASED = {
    "l2": (1e-4, 1e-7),
    "gradient_penalty": (1e-4, 5e-8),
    "spectral_norm": (9e-3, None),
    "none": (5e-4, None),
}


class Config(MethodConfig):
    """RAE's own settings.

    Both weights are those of the released code, whose error is a mean over an example's values. Under the protocol's
    reduction ``sum`` they are multiplied by the number of values, so that the objective is the same up to that factor.
    Published for the variant with L2 are β and λ of 1e-4 and 1e-7 on MNIST and CelebA, 1e-3 and 1e-6 on CIFAR-10 and
    ImageNet, 1e-4 and 1e-6 on dSprites and 3D Shapes (ARD-VAE, supplement, Table 6).

    Where λ isn't stated (other data, or the paper's own gradient penalty) it is set as β is for the VAEs: of {10⁻⁸,
    10⁻⁷, 10⁻⁶, 10⁻⁵, 10⁻⁴} the largest whose reconstruction of a validation part, at the study's largest L, leaves at
    most 5 % of its variance unexplained, else the smallest. β, which only keeps codes from growing, stays.
    """

    regulariser: Literal["l2", "gradient_penalty", "spectral_norm", "none"] = Field(
        "l2", description="of the decoder: RAE-L2, RAE-GP, RAE-SN (each layer's weight is divided by its largest "
        "singular value, whatever the network's own spectral_norm says of the decoder), and plain RAE"
    )  # fmt: skip
    latent_weight: NonNegativeFloat | None = Field(
        None, description="β, of the codes' squares; null: the released code's on MNIST, 1e-4 with l2 and "
        "gradient_penalty, 9e-3 with spectral_norm, 5e-4 with none"
    )  # fmt: skip
    latent_reduction: Literal["mean", "half_sum"] = Field(
        "mean", description="of a code's squares over the axes; half_sum: ½‖z‖² (the paper's)"
    )
    regulariser_weight: NonNegativeFloat | None = Field(
        None,
        description="λ; null: the released code's on MNIST, 1e-7 with l2 and 5e-8 with gradient_penalty, which "
        "is for its squared_output",
    )
    l2_of: Literal["kernels", "convolutions", "all"] = Field(
        "kernels", description="what λ Σ w² is taken over. kernels: the decoder's matrices and convolutions (released "
        "code on CelebA); convolutions: without its fully connected layers (released code on MNIST and CIFAR-10); all: "
        "biases and normalisations too (the paper's ‖θ‖²). No ½: λ is half of the optimiser's weight_decay"
    )  # fmt: skip
    gradient_penalty: Literal["squared_output", "jacobian"] = Field(
        "squared_output", description="squared_output: mean over axes of (∂ Σ_d D_d² / ∂z_l)² (released code, whose λ "
        "it is); jacobian: ‖∂D/∂z‖² (the paper's), estimated without bias from one random direction an example"
    )  # fmt: skip

    @model_validator(mode="after")
    def _weight_of_a_term(self) -> Config:
        jacobian = self.regulariser == "gradient_penalty" and self.gradient_penalty == "jacobian"
        if jacobian and self.regulariser_weight is None:
            raise ValueError("regulariser_weight: none is published for gradient_penalty 'jacobian'; give one")
        if self.regulariser_weight is not None and RELEASED[self.regulariser][1] is None:
            raise ValueError(
                f"regulariser_weight = {self.regulariser_weight} belongs to regulariser 'l2' or 'gradient_penalty', "
                f"not '{self.regulariser}', which is no term of the loss"
            )
        return self

    def network(self, training: Training) -> NetworkOptions:
        """The protocol's network, its decoder with spectral norms where that is the regulariser."""
        normed = {"none": "decoder", "encoder": "both"}.get(training.network.spectral_norm)
        if self.regulariser != "spectral_norm" or normed is None:
            return training.network
        return training.network.model_copy(update={"spectral_norm": normed})

    @property
    def weights(self) -> tuple[float, float]:
        """β and λ; λ is 0 where there is no such term."""
        beta, lam = RELEASED[self.regulariser]
        beta = beta if self.latent_weight is None else self.latent_weight
        return float(beta or 0.0), float((lam if self.regulariser_weight is None else self.regulariser_weight) or 0.0)


def compatibility(config: Config, training: Training, n_train: int) -> Iterator[str]:
    """Whether there is something to regularise, and enough examples for the mixture."""
    if n_train < COMPONENTS:
        yield f": its mixture of {COMPONENTS} needs as many training examples at least; {max(n_train, 0)} are left"
    if config.regulariser == "l2" and config.l2_of == "convolutions" and not _has_convolutions(training):
        yield (
            f".l2_of = 'convolutions': the decoder of protocol.training.network '{training.network.name}' has none; "
            "use 'kernels' or 'all'"
        )


def _has_convolutions(training: Training) -> bool:
    """Whether the decoder has convolutions, as far as examples that its network is declared with tell."""
    layers = count.declared_architecture(training.network)
    return layers is None or any(isinstance(layer, Conv | ConvTranspose) for layer in each_layer(layers.decoder))


METHOD = Method(
    name="rae",
    title="RAE",
    config=Config,
    runner="methods.rae.runner:fit",
    source="Ghosh et al. (2020), sections 3.1 and 4, with the released code's reductions and weights",
    version=1,
    cost=1.3,
    active="all L: the method counts nothing",
    compatibility="methods.rae:compatibility",
    replayable=True,
)
