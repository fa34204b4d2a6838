"""Principal component analysis, declared: the best linear code for squared error."""

from latentdim import Method, MethodConfig
from latentdim.study.protocol import Training


class Config(MethodConfig):
    """PCA has no settings of its own."""


METHOD = Method(
    name="pca",
    title="PCA",
    config=Config,
    runner="methods.pca.runner:fit",
    source="Pearson (1901); exact eigenvectors of the training covariance",
    version=1,
    unused_fields=frozenset(Training.model_fields) - {"scaling", "n_train", "n_validation", "threads"},
    control=True,
)
