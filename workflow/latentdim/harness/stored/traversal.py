"""Images along latent axes. Declared free of torch."""

from latentdim.registry.declarations import StoredTensors
from latentdim.study.axes import JACOBIAN_FIELDS

STORED_TENSOR = StoredTensors(
    name="traversal",
    function="latentdim.harness.latent_space:traversal",
    tensors=("traversal", "traversal_axes"),
    uses=("axes", "inactive", "pictures", *sorted(JACOBIAN_FIELDS)),
    kinds=("images",),
)
