"""A few originals, their reconstructions, and samples. Declared free of torch."""

from latentdim.registry.declarations import StoredTensors
from latentdim.study.axes import JACOBIAN_FIELDS

STORED_TENSOR = StoredTensors(
    name="examples",
    function="latentdim.harness.examples:examples",
    tensors=("original", "reconstruction", "sample"),
    uses=("axes", "inactive", "sampler", *sorted(JACOBIAN_FIELDS)),
    version=4,
)
