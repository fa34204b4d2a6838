"""How far reconstructions are from the examples. Declared free of torch."""

from __future__ import annotations

from latentdim.registry.declarations import Metric

INFINITY = float("inf")


METRIC = (
    Metric(
        name="mse_per_pixel",
        title="MSE per pixel",
        function="latentdim.metrics.reconstruction.measure:measure",
        definition="mean over examples, channels and pixels of the squared difference to the reconstruction",
        samples="n_reference examples of the split, at most all",
        source="ARD-VAE, supplement, Table 10",
        better="lower",
        unit="squared data units per value",
        range=(0.0, INFINITY),
        uses=("split", "n_reference"),
        per_axes=True,
        checks="latentdim.metrics.reconstruction.checks:checks",
    ),
    Metric(
        name="unexplained_variance",
        title="Unexplained variance",
        function="latentdim.metrics.reconstruction.measure:measure_unexplained",
        definition="MSE per pixel over the variance of the examples about their mean example",
        samples="n_reference examples of the split, at most all",
        source="1 − the coefficient of determination; what the rule for setting weights looks at",
        better="lower",
        unit="share of the data's variance",
        range=(0.0, INFINITY),
        uses=("split", "n_reference"),
        per_axes=True,
        checks="latentdim.metrics.reconstruction.checks:checks",
    ),
)
