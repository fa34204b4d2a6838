"""The FactorVAE metric (Kim & Mnih, 2018). Declared free of torch."""

from __future__ import annotations

from pydantic import Field, PositiveInt

from latentdim.registry.declarations import EvaluationFields, Metric, Strict


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


class FactorVaeFields(EvaluationFields):
    """What the evaluation half has for it."""

    factor_vae: FactorVae = FactorVae()


def images(evaluation: FactorVaeFields) -> int:
    """Images that all votes and the axes' variances take."""
    votes = evaluation.factor_vae
    return (votes.n_train + votes.n_evaluation) * votes.batch + votes.n_variance


METRIC = (
    Metric(
        name="factor_vae",
        title="FactorVAE metric",
        function="latentdim.metrics.factor_vae.measure:measure",
        definition="accuracy with which the axis of smallest relative variance among images that share one factor's "
        "level names that factor, by majority vote. Constant codes are refused",
        samples="factor_vae.n_evaluation votes after n_train of them, factor_vae.batch images each; n_variance images",
        version=3,
        source="Kim & Mnih (2018), section 4, with disentanglement_lib's counts (Locatello et al., 2019)",
        better="higher",
        unit="1",
        range=(0.0, 1.0),
        uses=("factor_vae",),
        per_axes=True,
        kinds=("images",),
        needs=("factor_space",),
        encodes=images,
        fields=FactorVaeFields,
        checks="latentdim.metrics.factor_vae.checks:checks",
    ),
)
