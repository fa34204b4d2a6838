"""The oracle, declared: the true factors of variation as codes."""

from latentdim import Method, MethodConfig
from latentdim.study.protocol import Training


class Config(MethodConfig):
    """The oracle has no settings of its own."""


METHOD = Method(
    name="oracle",
    title="Oracle",
    config=Config,
    runner="methods.oracle.runner:fit",
    source="control of this suite",
    version=1,
    unused_fields=frozenset(Training.model_fields) - {"scaling", "n_train", "n_validation", "threads"},
    needs_factors=True,
    control=True,
)
