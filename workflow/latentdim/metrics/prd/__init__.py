"""Precision and recall for distributions (Sajjadi et al., 2018). Declared free of torch."""

from __future__ import annotations

from pydantic import Field, PositiveInt

from latentdim.registry.declarations import EvaluationFields, Metric, Strict


class Prd(Strict):
    """Precision and recall for distributions (Sajjadi et al., 2018)."""

    clusters: int = Field(20, ge=2, description="of k-means, over real and generated examples together")
    angles: int = Field(1001, ge=3, description="points of the curve of precision over recall")
    runs: PositiveInt = Field(10, description="clusterings that the curve is averaged over")
    batch: PositiveInt = Field(
        100, description="examples in a mini-batch of k-means; scikit-learn's default was 100 when the paper appeared"
    )


class PrdFields(EvaluationFields):
    """What the evaluation half has for it."""

    prd: Prd = Prd()


METRIC = (
    Metric(
        name="prd_precision",
        title="Precision (PRD, F_⅛)",
        function="latentdim.metrics.prd.measure:measure_precision",
        definition="largest F_⅛ (F_b = (1 + b²) p r / (b² p + r)) on the curve p(λ) = Σ min(λ real, generated), "
        "r = p / λ of both sets' shares in joint k-means clusters; the curve is the mean over prd.runs clusterings",
        samples="as many generated as real examples: the smaller of n_generated and n_reference of distribution.split",
        source="Sajjadi et al. (2018), eq. 4–7 and algorithm 1",
        better="higher",
        unit="1",
        range=(0.0, 1.0),
        uses=("split", "n_generated", "n_reference", "distribution", "fid", "prd"),
        per_axes=True,
        features="chosen",
        passes=("generated", "reference"),
        compatibility="latentdim.plan.inception_place:distribution_compatibility",
        version=3,
        fields=PrdFields,
        checks="latentdim.metrics.prd.checks:checks",
    ),
    Metric(
        name="prd_recall",
        title="Recall (PRD, F_8)",
        function="latentdim.metrics.prd.measure:measure_recall",
        definition="largest F_8 on the same curve",
        samples="as many generated as real examples: the smaller of n_generated and n_reference of distribution.split",
        source="Sajjadi et al. (2018), eq. 4–7 and algorithm 1",
        better="higher",
        unit="1",
        range=(0.0, 1.0),
        uses=("split", "n_generated", "n_reference", "distribution", "fid", "prd"),
        per_axes=True,
        features="chosen",
        passes=("generated", "reference"),
        compatibility="latentdim.plan.inception_place:distribution_compatibility",
        version=3,
        fields=PrdFields,
        checks="latentdim.metrics.prd.checks:checks",
    ),
)
