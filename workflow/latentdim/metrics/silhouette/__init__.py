"""The silhouette score of codes (ALD-VAE). Declared free of torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from latentdim.registry.declarations import EvaluationFields, Metric, Strict


class Silhouette(Strict):
    """The silhouette score of codes (ALD-VAE)."""

    n: int = Field(500, ge=3, description="held-out examples")
    clusters: int | None = Field(None, ge=2, description="of k-means; the number of classes where left out")
    labels: Literal["kmeans", "classes"] = Field("kmeans", description="kmeans: paper; classes: released code")
    sample: bool = Field(False, description="codes drawn from the posterior (released code) and not its means")


class SilhouetteFields(EvaluationFields):
    """What the evaluation half has for it."""

    silhouette: Silhouette = Silhouette()


def compatibility(evaluation: Any, kind: str, n_classes: int | None) -> Iterator[str]:
    """Why it would be refused for every run on data without classes."""
    settings: Silhouette = evaluation.silhouette
    if n_classes is None and settings.labels == "classes":
        yield "evaluation.silhouette.labels = 'classes' needs classes; the dataset has none"
    elif n_classes is None and settings.clusters is None:
        yield "the dataset has no classes, so evaluation.silhouette.clusters must say how many clusters to make"


METRIC = (
    Metric(
        name="silhouette",
        title="Silhouette",
        function="latentdim.metrics.silhouette.measure:measure",
        definition="mean of (b − a) / max(a, b) over codes: a is the mean distance to the own cluster's others, b the "
        "least mean distance to another cluster; clusters by k-means, or the classes",
        samples="silhouette.n random examples of the split",
        version=3,
        source="ALD-VAE, section 3; Rousseeuw (1987)",
        better="higher",
        unit="1",
        range=(-1.0, 1.0),
        uses=("split", "silhouette"),
        per_axes=True,
        compatibility="latentdim.metrics.silhouette:compatibility",
        fields=SilhouetteFields,
        checks="latentdim.metrics.silhouette.checks:checks",
    ),
)
