"""The constant model, declared: every example is coded as zero and decoded as the mean."""

from latentdim import Method, MethodConfig
from latentdim.study.protocol import Training


class Config(MethodConfig):
    """The constant model has no settings of its own."""


METHOD = Method(
    name="constant",
    title="Constant",
    config=Config,
    runner="methods.constant.runner:fit",
    source="control of this suite",
    version=1,
    unused_fields=frozenset(Training.model_fields) - {"scaling", "n_train", "n_validation", "threads"},
    fittable_codes=False,
    control=True,
)
