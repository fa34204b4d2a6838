"""Autoencoder, declared: the reconstruction alone."""

from latentdim import Method, MethodConfig


class Config(MethodConfig):
    """A plain autoencoder has no settings of its own."""


METHOD = Method(
    name="ae",
    title="AE",
    config=Config,
    runner="methods.ae.runner:fit",
    source="Rumelhart et al. (1986); as in RAE (Ghosh et al., 2020), section 5, without any regularisation",
    version=1,
    active="all L: nothing presses a dimension out",
    replayable=True,
)
