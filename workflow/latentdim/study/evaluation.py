"""The evaluation half of the protocol: how a trained model is measured. None of it ever retrains anything."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, cast

from pydantic import Field, PositiveFloat, PositiveInt, create_model, field_validator, model_validator

from latentdim import registry
from latentdim.registry.declarations import EvaluationFields, Strict
from latentdim.study.axes import Axes
from latentdim.study.sampler import Sampler
from latentdim.system.problems import InputError

OURS = "latentdim."
METRICS = "the registry of metrics"
DOC = "The half that only changes how a trained model is measured."
Split = Literal["test", "validation", "train"]
Features = Literal["inception", "classifier", "raw"]


class Distribution(Strict):
    """Which real examples, in which space, generated ones are compared with as a set.

    Several families of metrics share it (fid, frechet, neighbours, prd), so it is no single one's.
    """

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
    """What moves a FID beside the examples; most papers don't state it.

    It is of Inception's features, which several families of metrics compare in (fid, neighbours, prd).
    """

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


class Pictures(Strict):
    """What pictures of the latent space are drawn from; the run writes it beside its examples.

    No metric takes it, only what runs store for exhibits (traversal, manifold).
    """

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


class EvaluationCore(EvaluationFields):
    """What the evaluation half has whatever metrics are registered: weights, axes, examples, spaces of features."""

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
    pictures: Pictures = Pictures()

    @field_validator("checkpoint", mode="before")
    @classmethod
    def _names_weights(cls, given: Any) -> Any:
        number = isinstance(given, int) and not isinstance(given, bool) and given > 0
        if not number and not (isinstance(given, str) and re.fullmatch(r"last|best|best\([^()]+\)", given)):
            raise ValueError("give 'last', 'best', 'best(<metric>)' or a number of epochs, from 1")
        return given

    @model_validator(mode="after")
    def _weights_are_kept(self) -> Self:
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

    def after(self, epochs: int) -> Self:
        """The same measurements of the weights after so many epochs."""
        return self.model_copy(update={"checkpoint": epochs})


def assembled(kinds: Iterable[type[EvaluationFields]]) -> type[EvaluationCore]:
    """The evaluation half with what families of metrics have in it, in one order whatever else is installed.

    What every study has comes first, then fields of this suite by the names of their modules, then those of other
    packages.

    Raises:
        InputError: if two of them have a field of the same name, or one has a field without a default, which every
            study would have to give.
    """
    ordered = sorted(set(kinds), key=lambda kind: (not kind.__module__.startswith(OURS), kind.__module__))
    owners: dict[str, type[EvaluationFields]] = dict.fromkeys(EvaluationCore.model_fields, EvaluationCore)
    for kind in ordered:
        for name, field in kind.model_fields.items():
            if name in owners:
                modules = f"{owners[name].__module__} and from {kind.__module__}"
                raise InputError(METRICS, [f"the evaluation half has '{name}' from {modules}; rename one"])
            if field.is_required():
                raise InputError(METRICS, [f"'{name}' of the evaluation half, from {kind.__module__}, has no default"])
            owners[name] = kind
    # Of several bases pydantic takes the last one's fields first.
    bases: tuple[Any, ...] = (*reversed(ordered), EvaluationCore)
    whole: Any = create_model("Evaluation", __base__=bases, __module__=__name__, __doc__=DOC)
    return cast(type[EvaluationCore], whole)


if TYPE_CHECKING:
    Evaluation: TypeAlias = EvaluationCore
else:
    Evaluation = assembled(metric.fields for metric in registry.metrics() if metric.fields)
