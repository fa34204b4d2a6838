"""The normalised absolute covariance between axes of the codes (MaskAAE). Declared free of torch."""

from __future__ import annotations

from latentdim.registry.declarations import Metric

METRIC = (
    Metric(
        name="nac",
        title="NAC",
        function="latentdim.metrics.nac.measure:measure",
        definition="mean off-diagonal entry of |Σ (z − z̄)(z − z̄)ᵀ|, min–max normalised over the whole matrix. "
        "Refused for models of two axes",
        samples="n_covariance training examples",
        source="MaskAAE, supplement 10.4",
        better="lower",
        unit="1",
        range=(0.0, 1.0),
        uses=("n_covariance",),
        per_axes=True,
        version=2,
        checks="latentdim.metrics.nac.checks:checks",
    ),
)
