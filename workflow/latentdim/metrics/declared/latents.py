"""Metrics of the latent space, declared. This file must stay importable without torch."""

from latentdim.registry.declarations import Metric
from latentdim.study.requested_metrics import JACOBIAN_FIELDS

INFINITY = float("inf")

LATENTS = (
    Metric(
        name="active",
        title="ACTIVE",
        function="latentdim.metrics.active:own_count",
        definition="number of latent dimensions that the method itself counts",
        samples="none beyond what the method used",
        source="each method's own rule",
        better=None,
        unit="dimensions",
        range=(0.0, INFINITY),
    ),
    Metric(
        name="active_jacobian",
        title="ACTIVE (Jacobian)",
        function="latentdim.metrics.active:jacobian_count",
        definition="fewest axes whose relevance (squared decoder gain × codes' variance) makes up the relevance_share",
        samples="n_relevance training examples, at most a fifth; the Jacobian at the first n_jacobian",
        version=2,
        source="ARD-VAE, eq. 19–20 and section 3.4, for any model as in its supplement, Table 13",
        better=None,
        unit="dimensions",
        range=(0.0, INFINITY),
        uses=tuple(sorted(JACOBIAN_FIELDS)),
    ),
    Metric(
        name="nac",
        title="NAC",
        function="latentdim.metrics.covariance:measure",
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
    ),
    Metric(
        name="silhouette",
        title="Silhouette",
        function="latentdim.metrics.silhouette:measure",
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
    ),
)
