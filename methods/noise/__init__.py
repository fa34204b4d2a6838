"""Noise codes, declared: codes that tell nothing of the example, decoded like PCA."""

from latentdim import Method, MethodConfig
from latentdim.study.protocol import Training


class Config(MethodConfig):
    """Noise has no settings of its own."""


METHOD = Method(
    name="noise",
    title="Noise codes",
    config=Config,
    runner="methods.noise.runner:fit",
    source="control of this suite",
    version=1,
    unused_fields=frozenset(Training.model_fields) - {"scaling", "n_train", "n_validation", "threads"},
    control=True,
)
