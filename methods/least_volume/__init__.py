"""Least Volume, declared: an autoencoder whose codes are packed into as little volume as possible."""

from collections.abc import Iterator

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from latentdim import Method, MethodConfig
from latentdim.nets import count
from latentdim.nets.layers import (
    Activation,
    Conv,
    ConvTranspose,
    Crop,
    Dense,
    Flatten,
    Layer,
    Reshape,
    each_layer,
)
from latentdim.study.protocol import Training

CONTRACTING = ("relu", "leaky_relu", "tanh")  # activations of slope 1 at most


class Config(MethodConfig):
    """Least Volume's own settings. The defaults are the released code's.

    The paper weighs the volume anew for each data set and shows a whole range, 3·10⁻⁴ to 3·10⁻², against the mean
    cross-entropy of a pixel; 10⁻³ is what the released code falls back to, against the mean squared error. On other
    data λ is set as β is for the VAEs: of {3·10⁻⁴, 10⁻³, 3·10⁻³, 10⁻², 3·10⁻²} the largest whose reconstruction of a
    validation part, at the study's largest L, leaves at most 5 % of its variance unexplained, else the smallest.
    """

    volume_weight: float = Field(
        1e-3, gt=0, description="λ, against the mean of the reconstruction over an example's values: with the "
        "protocol's reduction 'sum' the term is taken times their number, so that λ means the same"
    )  # fmt: skip
    eta: NonNegativeFloat = Field(
        1e-2, description="η, added to each standard deviation, so that the slope stays finite where one vanishes"
    )
    lipschitz: PositiveFloat = Field(1.0, description="K, the decoder's Lipschitz constant")
    explained_share: float = Field(
        0.01, gt=0, lt=1, description="axes are pruned, those of the smallest deviation first, as long as all of them "
        "together explain at most this share of the reconstruction"
    )  # fmt: skip
    n_pruning: PositiveInt = Field(1000, description="training examples at most that pruning looks at")


def compatibility(config: Config, training: Training, n_train: int) -> Iterator[str]:
    """Whether the decoder's Lipschitz constant can be bounded, as far as declared examples of its network tell."""
    layers = count.declared_architecture(training.network)
    bounded = layers is None or all(_bounded(layer) for layer in each_layer(layers.decoder))
    if getattr(training.network, "batch_norm", False):
        yield (
            ": needs a decoder whose Lipschitz constant is bounded, and batch normalisation bounds none; use "
            "protocol.training.network.batch_norm: false"
        )
    elif not bounded:
        yield (
            ": needs a decoder whose Lipschitz constant is bounded: dense layers and convolutions one after another, "
            f"with {', '.join(CONTRACTING)}; that of protocol.training.network has other layers"
        )


def _bounded(layer: Layer) -> bool:
    if isinstance(layer, Activation):
        return layer.name in CONTRACTING
    return isinstance(layer, Dense | Conv | ConvTranspose | Flatten | Reshape | Crop)


METHOD = Method(
    name="least_volume",
    title="Least Volume",
    config=Config,
    runner="methods.least_volume.runner:fit",
    source="Chen & Fuge (2024), section 2; spectral normalisation and η as in the released code",
    version=1,
    cost=1.3,
    active="axes left by pruning: the others, of the smallest deviations, explain at most 1 % of the reconstruction",
    compatibility="methods.least_volume:compatibility",
    replayable=True,
)
