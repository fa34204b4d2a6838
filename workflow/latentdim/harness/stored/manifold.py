"""Images over a two-dimensional latent space. Declared free of torch."""

from latentdim.registry.declarations import StoredTensors

STORED_TENSOR = StoredTensors(
    name="manifold",
    function="latentdim.harness.latent_space:manifold",
    tensors=("manifold",),
    uses=("pictures",),
    kinds=("images",),
    dims=(2,),
)
