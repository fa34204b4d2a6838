"""The evaluation half of the protocol: how a trained model is measured. None of it ever retrains anything."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, field_validator, model_validator

from latentdim.registry.declarations import Strict
from latentdim.study.sampler import Sampler

Axes = Literal["all", "active", "jacobian"]
Split = Literal["test", "validation", "train"]
Features = Literal["inception", "classifier", "raw"]


class Distribution(Strict):
    """Which real examples, in which space, generated ones are compared with as a set."""

    features: Features | None = Field(
        None,
        description="inception: the network of the FID; classifier: one trained on the dataset's own labels; "
        "raw: the values themselves. Left out: inception for images, raw for vectors",
    )
    split: Split | Literal["train+validation"] | None = Field(
        None,
        description="real examples for distances between sets; train+validation: training examples, then those held "
        "back from them; left out: evaluation.split",
    )
    allow_few: bool = Field(
        False,
        description="take Fréchet distances of fewer examples than features: they mostly show how few",
    )


class Fid(Strict):
    """What moves a FID beside the examples; most papers don't state it."""

    weights_sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="digest that the Inception file must have; any where left out"
    )
    layer: Literal[64, 192, 768, 2048] = Field(2048, description="features of Inception; 2048 is the FID's")
    resize: Literal["tensorflow", "bilinear", "antialias"] = Field(
        "tensorflow",
        description="to 299 × 299. tensorflow: the original graph's own (no half-pixel centres, no antialias); "
        "bilinear: torch's, and pixels to exactly [−1, 1], as pytorch-fid; antialias: torch's with antialias",
    )
    quantisation: Literal["round", "truncate", "none"] = Field(
        "round", description="of generated pixels to bytes; truncate: ARD-VAE's code; none: MaskAAE's"
    )
    stretch: bool = Field(False, description="stretch each generated image to its own range (MaskAAE's code)")
    jpeg: bool = Field(
        False, description="write grey images, real ones too, as JPEG and read them back (ARD-VAE's code)"
    )

    @model_validator(mode="after")
    def _jpeg_holds_bytes(self) -> Fid:
        if self.jpeg and self.quantisation == "none":
            raise ValueError("jpeg = true holds bytes; quantisation 'none' makes none: choose 'round' or 'truncate'")
        return self


class Prd(Strict):
    """Precision and recall for distributions (Sajjadi et al., 2018)."""

    clusters: int = Field(20, ge=2, description="of k-means, over real and generated examples together")
    angles: int = Field(1001, ge=3, description="points of the curve of precision over recall")
    runs: PositiveInt = Field(10, description="clusterings that the curve is averaged over")
    batch: PositiveInt = Field(
        100, description="examples in a mini-batch of k-means; scikit-learn's default was 100 when the paper appeared"
    )


class FactorVae(Strict):
    """The FactorVAE metric (Kim & Mnih, 2018) with disentanglement_lib's parameters."""

    batch: int = Field(64, ge=2, description="images in one vote")
    n_train: PositiveInt = Field(10_000, description="votes that the classifier is made from")
    n_evaluation: PositiveInt = Field(5_000, description="votes that it is tried on")
    n_variance: int = Field(10_000, ge=2, description="images for each axis's own variance")
    threshold: float = Field(0.05, ge=0, description="axes whose standard deviation is below it are left out")
    relative: bool = Field(
        True, description="threshold times the largest axis's standard deviation, not absolute as in the library"
    )


class Mig(Strict):
    """The mutual information gap (Chen et al., 2018) as disentanglement_lib estimates it."""

    n: int = Field(10_000, ge=2, description="images")
    bins: int = Field(20, ge=2, description="of equal width, for each axis")


class Silhouette(Strict):
    """The silhouette score of codes (ALD-VAE)."""

    n: int = Field(500, ge=3, description="held-out examples")
    clusters: int | None = Field(None, ge=2, description="of k-means; the number of classes where left out")
    labels: Literal["kmeans", "classes"] = Field("kmeans", description="kmeans: paper; classes: released code")
    sample: bool = Field(False, description="codes drawn from the posterior (released code) and not its means")


class Kde(Strict):
    """Log-likelihood of generated vectors under a kernel density of real ones (MaskAAE, supplement 10.2)."""

    n_fit: int = Field(10_000, ge=1, description="real vectors that the density is made of, at most")
    n_held_out: int = Field(2_000, ge=1, description="other real vectors that choose the bandwidth, at most")
    bandwidth_min: PositiveFloat = Field(0.02, description="smallest bandwidth tried, in data units")
    bandwidth_max: PositiveFloat = Field(5.0, description="largest bandwidth tried, in data units")
    steps: int = Field(40, ge=3, description="bandwidths tried, evenly spaced in the logarithm")

    @model_validator(mode="after")
    def _from_smallest_to_largest(self) -> Kde:
        if self.bandwidth_min >= self.bandwidth_max:
            raise ValueError(f"bandwidth_min = {self.bandwidth_min} is not below bandwidth_max = {self.bandwidth_max}")
        return self


class Elbo(Strict):
    """The negative evidence lower bound of held-out examples (Kingma & Welling, 2014, eq. 10)."""

    likelihood: Literal["training", "bernoulli", "gaussian"] = Field(
        "training",
        description="training: the training's; its Gaussian has the variance that makes its objective the bound (half "
        "of β, or β times the decoder_variance named; with reduction mean times an example's values). bernoulli: "
        "cross-entropy; gaussian: log-density",
    )
    variance: PositiveFloat | None = Field(
        None, description="of a value in the data's own units, for likelihood gaussian; 1 where left out"
    )
    draws: PositiveInt = Field(1, description="posterior draws an example")

    @model_validator(mode="after")
    def _variance_of_a_gaussian(self) -> Elbo:
        if self.variance is not None and self.likelihood != "gaussian":
            raise ValueError(f"variance = {self.variance} belongs to likelihood 'gaussian', not '{self.likelihood}'")
        return self


class Pictures(Strict):
    """What pictures of the latent space are drawn from; the run writes it beside its examples."""

    steps: int = Field(7, ge=3, description="frames along a latent axis, an odd number")
    reach: PositiveFloat = Field(3.0, description="how far they go to either side, in standard deviations of the codes")
    axes: PositiveInt = Field(32, description="axes traversed, at most: the most relevant ones")
    bases: int = Field(1, ge=0, description="held-out examples, the first ones, that are traversed from as well")
    manifold: int = Field(20, ge=2, description="images along each side of a two-dimensional manifold")

    @field_validator("steps")
    @classmethod
    def _with_a_centre(cls, steps: int) -> int:
        if steps % 2 == 0:
            raise ValueError("an even number of frames has none in the middle; choose an odd one")
        return steps


class Evaluation(Strict):
    """The half that only changes how a trained model is measured."""

    checkpoint: int | str = Field(
        "last",
        description="the weights that are measured. last: after the last step; best: lowest validation loss (needs "
        "n_validation); best(<metric>): the metric's best value, here as in any study, among the epochs that "
        "evaluate_every kept, on the examples of `split` (of 'test' a choice by the test part); a number: after "
        "so many epochs, a multiple of evaluate_every",
    )
    evaluate_every: PositiveInt | None = Field(
        None,
        description="epochs: whenever so many are over, what the study asks for is measured into the history and the "
        "weights are kept. The training itself goes on as without it, so a run that is finished already isn't trained "
        "again for it: its history and weights stay as they are",
    )
    split: Split = Field("test", description="real examples that metrics compare with")
    axes: Axes = Field("all", description="all; active: the method's own rule; jacobian: ARD-VAE's rule (eq. 19–20)")
    inactive: Literal["inactive_value", "zero", "mean", "posterior"] = Field(
        "inactive_value",
        description="what an unused axis holds. inactive_value: the model's own (the prior mean, or the codes' mean); "
        "zero; mean: of the codes of n_relevance training examples; posterior: in reconstructions its posterior mean, "
        "as in ARD-VAE's released code, and in samples the inactive_value",
    )
    sampler: Sampler = Sampler()
    n_generated: int = Field(10_000, ge=2, description="samples drawn from the model")
    n_reference: int = Field(10_000, ge=2, description="real examples, at most; fewer where the split is smaller")
    n_relevance: PositiveInt = Field(
        10_000, description="training examples for the codes' variance, at most a fifth of them"
    )
    n_jacobian: PositiveInt = Field(100, description="the first so many of them, for the decoder's Jacobian")
    jacobian_at: Literal["mean", "sample"] = Field("mean", description="mean: paper; sample: released code")
    jacobian_reduction: Literal["mean_of_squares", "square_of_mean"] = Field(
        "mean_of_squares", description="eq. 19; square_of_mean (of absolute values) is the released code"
    )
    relevance_share: float = Field(
        0.99, gt=0, lt=1, description="share of the summed relevance that active axes exceed"
    )
    relevance_strict: bool = Field(True, description="strictly above the share (released code)")
    n_covariance: int = Field(
        5_000, ge=2, description="codes for the normalised absolute covariance (MaskAAE, supplement 10.4)"
    )
    distribution: Distribution = Distribution()
    fid: Fid = Fid()
    prd: Prd = Prd()
    neighbours: PositiveInt = Field(3, description="k of improved precision and recall (Kynkäänniemi et al., 2019)")
    factor_vae: FactorVae = FactorVae()
    mig: Mig = Mig()
    silhouette: Silhouette = Silhouette()
    kde: Kde = Kde()
    elbo: Elbo = Elbo()
    pictures: Pictures = Pictures()

    @field_validator("checkpoint", mode="before")
    @classmethod
    def _names_weights(cls, given: Any) -> Any:
        number = isinstance(given, int) and not isinstance(given, bool) and given > 0
        if not number and not (isinstance(given, str) and re.fullmatch(r"last|best|best\([^()]+\)", given)):
            raise ValueError("give 'last', 'best', 'best(<metric>)' or a number of epochs, from 1")
        return given

    @model_validator(mode="after")
    def _weights_are_kept(self) -> Evaluation:
        every = self.evaluate_every
        if every is None and (self.epoch or self.best_metric):
            raise ValueError(
                f"checkpoint = {self.checkpoint!r} takes weights that were kept after some epochs: evaluate_every says "
                "which"
            )
        if self.epoch and every and self.epoch % every:
            below = self.epoch - self.epoch % every
            raise ValueError(
                f"checkpoint = {self.epoch} is no multiple of evaluate_every = {every}, whose weights are kept; take "
                f"{f'{below} or ' if below else ''}{below + every}, or another evaluate_every"
            )
        return self

    @property
    def epoch(self) -> int | None:
        """The number of epochs after which the weights were kept that are measured, where one is given."""
        return self.checkpoint if isinstance(self.checkpoint, int) else None

    @property
    def best_metric(self) -> str | None:
        """Name of the metric by which the weights are chosen."""
        return self.checkpoint[len("best(") : -1] if str(self.checkpoint).startswith("best(") else None  # type: ignore[index]

    def after(self, epochs: int) -> Evaluation:
        """The same measurements of the weights after so many epochs."""
        return self.model_copy(update={"checkpoint": epochs})
