"""ALD-VAE, declared: a VAE whose latent layers lose neurons while it is trained, until four signals agree."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from latentdim import Method, MethodConfig

Signal = Literal["silhouette", "reconstruction", "frechet_reconstructed", "frechet_generated"]
SIGNALS: tuple[Signal, ...] = ("silhouette", "reconstruction", "frechet_reconstructed", "frechet_generated")
# stop_features → the metrics of reconstructed and of generated examples.
DISTANCES = {
    "inception": ("fid_reconstruction", "fid"),
    "pixels_pca": ("frechet_pixels_pca_reconstruction", "frechet_pixels_pca"),
    "classifier": ("frechet_classifier_reconstruction", "frechet_classifier"),
}


class Config(MethodConfig):
    """ALD-VAE's own settings. The defaults are the paper's text; where it leaves something open, the runner says.

    The released code is had with ``std_head: softmax``, ``neurons: last``, ``slowdown: mean_difference``,
    ``stop_needs_slowdown: true``, ``drop_newest: true``, ``first_epoch: 0``, ``pruned_layers: frozen``,
    ``silhouette_labels: classes``, ``n_silhouette: 1000``, ``n_frechet: 100`` and ``frechet_split: train``, under a
    protocol of Adam with ``amsgrad``, learning rate 1e-3, batches of 64, likelihood ``bernoulli`` and a tenth of the
    examples for validation. Left out of it: its batches come in one order in every epoch, and its pictures' values
    are reshaped in ways that scramble them.
    """

    beta: PositiveFloat = Field(1.0, description="weight of the KL term (eq. 3)")
    patience: PositiveInt = Field(5, description="p, epochs from one decision to the next (3.3.1)")
    decrease: PositiveInt = Field(5, description="neurons that a pruning takes at first (3.3.1)")
    decrease_slow: PositiveInt = Field(1, description="and once it has slowed down (3.3.1)")
    neurons: Literal["random", "last", "kl"] = Field(
        "random", description="which go. random: 3.3.1; last: the released code; kl: those of the smallest divergence "
        "from the prior, which 3.3.1 names as another possibility"
    )  # fmt: skip
    slowdown_window: int = Field(10, ge=2, description="epochs that the slow-down looks back (3.3.1)")
    slowdown: Literal["slope", "mean_difference"] = Field(
        "slope", description="what must be positive, of the silhouette. slope: over the window (3.3.1); "
        "mean_difference: the window's mean less that of the window before (released code)"
    )  # fmt: skip
    stop_window: int = Field(20, ge=3, description="k, epochs that the stop rule looks back (eq. 5)")
    stop_signals: tuple[Signal, ...] = Field(
        SIGNALS, description="whose slopes must all be positive (eq. 4); empty: it never stops, as for Fig. 2"
    )
    stop_needs_slowdown: bool = Field(False, description="stop only once it has slowed down (released code)")
    drop_newest: bool = Field(False, description="leave the newest epoch out of the stop rule's lines (released code)")
    first_epoch: Literal[1, 0] = Field(
        1, description="number of the first epoch; decisions fall after those that patience divides. 1: after 5, 10, … "
        "epochs (3.3.1); 0: after 6, 11, … (released code)"
    )  # fmt: skip
    least_dim: PositiveInt = Field(1, description="no pruning leaves fewer neurons; 2 for Fig. 2")
    pruned_layers: Literal["trained", "frozen"] = Field(
        "trained", description="trained: what the optimiser holds for the neurons that are kept is kept, too; frozen: "
        "from the first pruning on heads and the decoder's first layer don't move, as in the released code, whose new "
        "layers no optimiser knows"
    )  # fmt: skip
    std_head: Literal["log_variance", "softmax"] = Field(
        "log_variance", description="the second head. log_variance: a Gaussian's; softmax: its softmax over the axes, "
        "and 1e-6, are the deviations (released code)"
    )  # fmt: skip
    silhouette_labels: Literal["kmeans", "classes"] = Field(
        "kmeans", description="kmeans: Algorithm 1; classes: the released code"
    )
    clusters: int | None = Field(None, ge=2, description="of k-means; null: as many as there are classes (Algorithm 1)")
    n_silhouette: int = Field(500, ge=3, description="held-out examples (Fig. 1); 1000 in the released code")
    silhouette_sample: bool = Field(
        True, description="codes drawn from the posterior, Algorithm 1's z_samples, and not its means"
    )
    stop_features: Literal["inception", "pixels_pca", "classifier"] = Field(
        "inception", description="in which the Fréchet distances are taken. inception: a FID (3.3.2); pixels_pca: "
        "the values' principal components; classifier: a small classifier of the dataset's own classes"
    )  # fmt: skip
    n_frechet: int = Field(
        1000, ge=2, description="generated and real examples of each distance; 100 in the released code"
    )
    frechet_split: Literal["held_out", "train"] = Field(
        "held_out", description="real examples. held_out: Algorithm 1's x_val; train: the released code"
    )
    n_held_out: NonNegativeInt = Field(
        10_000, ge=1, description="held-out examples for the reconstruction loss and for neurons 'kl', at most"
    )


def measures(config: Config) -> Mapping[str, Mapping[str, Any]]:
    """The metrics of three of the four signals, with their settings; the reconstruction loss is the training's own."""
    silhouette = {
        "n": config.n_silhouette, "labels": config.silhouette_labels, "clusters": config.clusters,
        "sample": config.silhouette_sample,
    }  # fmt: skip
    distance = {
        "n_generated": config.n_frechet, "n_reference": config.n_frechet,
        "distribution": {"allow_few": True, "split": "train" if config.frechet_split == "train" else None},
    }  # fmt: skip
    return {"silhouette": {"axes": "active", "silhouette": silhouette}} | dict.fromkeys(
        DISTANCES[config.stop_features], distance
    )


METHOD = Method(
    name="ald_vae",
    title="ALD-VAE",
    config=Config,
    runner="methods.ald_vae.runner:fit",
    source="Sejnova et al. (2023), eq. 3–5, section 3.3 and Algorithm 1",
    version=2,
    active="the size that is left when pruning stops, or when the training ends",
    measures=measures,
    labelled=("stop_features",),
    tried_with={
        "stop_features": "pixels_pca",
        "clusters": 3,
        "n_silhouette": 20,
        "n_frechet": 40,
        "patience": 1,
        "decrease": 1,
        "slowdown_window": 2,
        "stop_window": 3,
    },
    replayable=True,
)
