"""Covariances between latent axes. Declared free of torch."""

from latentdim.registry.declarations import StoredTensors

STORED_TENSOR = StoredTensors(
    name="covariance",
    function="latentdim.harness.latent_space:covariance",
    tensors=("covariance",),
    uses=("n_covariance",),
)
