"""The metrics, declared. This file must stay importable without torch."""

from latentdim.declarations import Metric

INFINITY = float("inf")

METRIC = (
    Metric(
        name="frechet_distance",
        title="Fréchet distance",
        function="latentdim.metrics.frechet:measure",
        source="Heusel et al. (2017), eq. 6, on the raw vectors as in MaskAAE, section 5.1 and supplement 10.2",
        better="lower",
        unit="squared data units",
        range=(0.0, INFINITY),
        uses=("split", "n_generated", "n_reference"),
        per_axes=True,
        kinds=("vectors",),
    ),
    Metric(
        name="mse_per_pixel",
        title="MSE per pixel",
        function="latentdim.metrics.reconstruction:measure",
        source="ARD-VAE, supplement, Table 10",
        better="lower",
        unit="squared data units per value",
        range=(0.0, INFINITY),
        uses=("split", "n_reference"),
        per_axes=True,
    ),
    Metric(
        name="unexplained_variance",
        title="Unexplained variance",
        function="latentdim.metrics.reconstruction:measure_unexplained",
        source="1 − the coefficient of determination; what the rule for setting weights looks at",
        better="lower",
        unit="share of the data's variance",
        range=(0.0, INFINITY),
        uses=("split", "n_reference"),
        per_axes=True,
    ),
    Metric(
        name="active",
        title="ACTIVE",
        function="latentdim.metrics.active:own_count",
        source="each method's own rule",
        better=None,
        unit="dimensions",
        range=(0.0, INFINITY),
    ),
    Metric(
        name="active_jacobian",
        title="ACTIVE (Jacobian)",
        function="latentdim.metrics.active:jacobian_count",
        source="ARD-VAE, eq. 19–20 and section 3.4, for any model as in its supplement, Table 13",
        better=None,
        unit="dimensions",
        range=(0.0, INFINITY),
        uses=(
            "n_relevance",
            "n_jacobian",
            "jacobian_at",
            "jacobian_reduction",
            "relevance_share",
            "relevance_strict",
        ),
    ),
    Metric(
        name="nac",
        title="NAC",
        function="latentdim.metrics.covariance:measure",
        source="MaskAAE, supplement 10.4",
        better="lower",
        unit="1",
        range=(0.0, 1.0),
        uses=("n_covariance",),
        per_axes=True,
    ),
)
