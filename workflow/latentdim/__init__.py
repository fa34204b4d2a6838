"""latentdim: how many latent dimensions does an autoencoder need?"""

from latentdim.registry.declarations import (
    Dataset,
    DatasetOptions,
    Exhibit,
    ExhibitOptions,
    Look,
    Method,
    MethodConfig,
    Metric,
    Network,
    NetworkOptions,
)

__version__ = "0.1.0"
__all__ = [
    "Dataset",
    "DatasetOptions",
    "Exhibit",
    "ExhibitOptions",
    "Look",
    "Method",
    "MethodConfig",
    "Metric",
    "Network",
    "NetworkOptions",
]
