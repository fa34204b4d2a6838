"""Improved precision and recall (Kynkäänniemi et al., 2019). Declared free of torch."""

from __future__ import annotations

from pydantic import Field, PositiveInt

from latentdim.registry.declarations import EvaluationFields, Metric


class NeighboursFields(EvaluationFields):
    """What the evaluation half has for them."""

    neighbours: PositiveInt = Field(3, description="k of improved precision and recall (Kynkäänniemi et al., 2019)")


METRIC = (
    Metric(
        name="improved_precision",
        title="Improved precision",
        function="latentdim.metrics.neighbours.measure:measure_precision",
        definition="share of generated examples that lie no farther from some real one than its k-th nearest real "
        "neighbour",
        samples="as many generated as real examples: the smaller of n_generated and n_reference of distribution.split",
        source="Kynkäänniemi et al. (2019), eq. 1–2, in features that distribution.features names (theirs: VGG-16)",
        better="higher",
        unit="share of the generated examples",
        range=(0.0, 1.0),
        uses=("split", "n_generated", "n_reference", "distribution", "fid", "neighbours"),
        per_axes=True,
        features="chosen",
        passes=("generated", "reference"),
        compatibility="latentdim.plan.inception_place:distribution_compatibility",
        version=3,
        fields=NeighboursFields,
        checks="latentdim.metrics.neighbours.checks:checks",
    ),
    Metric(
        name="improved_recall",
        title="Improved recall",
        function="latentdim.metrics.neighbours.measure:measure_recall",
        definition="share of real examples that lie no farther from some generated one than its k-th nearest generated "
        "neighbour",
        samples="as many generated as real examples: the smaller of n_generated and n_reference of distribution.split",
        source="Kynkäänniemi et al. (2019), eq. 1 and 3, in features that distribution.features names (theirs: VGG-16)",
        better="higher",
        unit="share of the real examples",
        range=(0.0, 1.0),
        uses=("split", "n_generated", "n_reference", "distribution", "fid", "neighbours"),
        per_axes=True,
        features="chosen",
        passes=("generated", "reference"),
        compatibility="latentdim.plan.inception_place:distribution_compatibility",
        version=3,
        fields=NeighboursFields,
        checks="latentdim.metrics.neighbours.checks:checks",
    ),
)
