"""Log-likelihood of generated vectors under a kernel density of real ones (MaskAAE). Declared free of torch."""

from __future__ import annotations

from pydantic import Field, PositiveFloat, model_validator

from latentdim.registry.declarations import EvaluationFields, Metric, Strict

INFINITY = float("inf")


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


class KdeFields(EvaluationFields):
    """What the evaluation half has for it."""

    kde: Kde = Kde()


METRIC = (
    Metric(
        name="kde_log_likelihood",
        title="KDE log-likelihood",
        function="latentdim.metrics.kde.measure:measure",
        definition="mean of log (1/n) Σ_i N(y; x_i, h² I) over generated y; kernels stand on real x_i, and h is the "
        "one that makes other real vectors likeliest",
        samples="n_generated samples; kde.n_fit examples of distribution.split, kde.n_held_out from outside it",
        source="MaskAAE, supplement 10.2",
        better="higher",
        unit="nats per vector",
        range=(-INFINITY, INFINITY),
        uses=("split", "n_generated", "distribution", "kde"),
        per_axes=True,
        kinds=("vectors",),
        version=3,
        fields=KdeFields,
        checks="latentdim.metrics.kde.checks:checks",
    ),
)
