"""The Fréchet distance between generated and real vectors. Declared free of torch."""

from __future__ import annotations

from latentdim.registry.declarations import Metric

INFINITY = float("inf")


METRIC = (
    Metric(
        name="frechet_distance",
        title="Fréchet distance",
        function="latentdim.metrics.frechet.measure:measure",
        definition="|m₁ − m₂|² + tr S₁ + tr S₂ − 2 tr (S₁ S₂)^½ of the raw values' means m and covariances S (N − 1)",
        samples="n_generated samples against n_reference examples of distribution.split",
        source="Heusel et al. (2017), eq. 6, on the raw vectors as in MaskAAE, section 5.1 and supplement 10.2",
        better="lower",
        unit="squared data units",
        range=(0.0, INFINITY),
        uses=("split", "n_generated", "n_reference", "distribution"),
        per_axes=True,
        kinds=("vectors",),
        version=4,
        checks="latentdim.metrics.frechet.checks:checks",
    ),
)
