"""What a method, network, dataset, metric or exhibit says of itself. Cheap to import: no torch here.

A declaration names its implementation by a dotted path ``package.module:function`` that is resolved only where it
is needed, inside the job. A network is data through and through, so it holds its functions themselves.
"""

from latentdim.registry.declarations.datasets import (
    GENERATED,
    THE_USERS,
    Dataset,
    DatasetOptions,
    SourceCheck,
    SourceInfo,
)
from latentdim.registry.declarations.exhibits import Exhibit, ExhibitOptions, Mention, Noun, Query, StoredTensors
from latentdim.registry.declarations.methods import Method, MethodConfig
from latentdim.registry.declarations.metrics import EvaluationFields, Metric
from latentdim.registry.declarations.networks import Network, NetworkOptions, Output, Preset
from latentdim.registry.declarations.resolving import resolve
from latentdim.registry.declarations.strict import Strict

__all__ = [
    "GENERATED",
    "THE_USERS",
    "Dataset",
    "DatasetOptions",
    "EvaluationFields",
    "Exhibit",
    "ExhibitOptions",
    "Mention",
    "Method",
    "MethodConfig",
    "Metric",
    "Network",
    "NetworkOptions",
    "Noun",
    "Output",
    "Preset",
    "Query",
    "SourceCheck",
    "SourceInfo",
    "StoredTensors",
    "Strict",
    "resolve",
]
