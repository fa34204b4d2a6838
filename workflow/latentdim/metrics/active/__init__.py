"""Counts of active dimensions: the method's own, and the Jacobian rule's (ARD-VAE). Declared free of torch."""

from __future__ import annotations

from latentdim.registry.declarations import Metric
from latentdim.study.axes import JACOBIAN_FIELDS

INFINITY = float("inf")


METRIC = (
    Metric(
        name="active",
        title="ACTIVE",
        function="latentdim.metrics.active.measure:own_count",
        definition="number of latent dimensions that the method itself counts",
        samples="none beyond what the method used",
        source="each method's own rule",
        better=None,
        unit="dimensions",
        range=(0.0, INFINITY),
        checks="latentdim.metrics.active.checks:checks",
    ),
    Metric(
        name="active_jacobian",
        title="ACTIVE (Jacobian)",
        function="latentdim.metrics.active.measure:jacobian_count",
        definition="fewest axes whose relevance (squared decoder gain × codes' variance) makes up the relevance_share",
        samples="n_relevance training examples, at most a fifth; the Jacobian at the first n_jacobian",
        version=2,
        source="ARD-VAE, eq. 19–20 and section 3.4, for any model as in its supplement, Table 13",
        better=None,
        unit="dimensions",
        range=(0.0, INFINITY),
        uses=tuple(sorted(JACOBIAN_FIELDS)),
        checks="latentdim.metrics.active.checks:checks",
    ),
)
