"""Variance and relevance of each latent axis, and which count as active. Declared free of torch."""

from latentdim.registry.declarations import StoredTensors
from latentdim.study.axes import JACOBIAN_FIELDS

STORED_TENSOR = StoredTensors(
    name="relevance",
    function="latentdim.harness.latent_space:relevance",
    tensors=("axis_variance", "axis_relevance", "active_own", "active_jacobian"),
    uses=tuple(sorted(JACOBIAN_FIELDS)),
)
