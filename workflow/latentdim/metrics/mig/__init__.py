"""The mutual information gap (Chen et al., 2018). Declared free of torch."""

from __future__ import annotations

from pydantic import Field

from latentdim.registry.declarations import EvaluationFields, Metric, Strict


class Mig(Strict):
    """The mutual information gap (Chen et al., 2018) as disentanglement_lib estimates it."""

    n: int = Field(10_000, ge=2, description="images")
    bins: int = Field(20, ge=2, description="of equal width, for each axis")


class MigFields(EvaluationFields):
    """What the evaluation half has for it."""

    mig: Mig = Mig()


METRIC = (
    Metric(
        name="mig",
        title="MIG",
        function="latentdim.metrics.mig.measure:measure",
        definition="largest minus second largest mutual information of the axes with a factor, over the factor's "
        "entropy, averaged over the factors; axes cut into mig.bins bins of equal width. Constant "
        "codes and a single axis are refused",
        samples="mig.n random images of the factor space, at their posterior means",
        version=3,
        source="Chen et al. (2018), eq. 6, estimated as in disentanglement_lib (Locatello et al., 2019)",
        better="higher",
        unit="1",
        range=(0.0, 1.0),
        uses=("mig",),
        per_axes=True,
        kinds=("images",),
        needs=("factor_space",),
        encodes=lambda evaluation: evaluation.mig.n,
        fields=MigFields,
        checks="latentdim.metrics.mig.checks:checks",
    ),
)
