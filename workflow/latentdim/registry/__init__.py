"""Finding what is registered: built-in declarations, the folders under ``methods/``, other packages' entry points."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from latentdim.registry.declarations import (
    Dataset,
    DatasetOptions,
    Exhibit,
    Method,
    Metric,
    Network,
    Preset,
    StoredTensors,
)
from latentdim.registry.registries import Registry
from latentdim.system.problems import InputError


@cache
def methods() -> Registry[Method]:
    """All methods: every folder of ``methods/`` that declares one."""
    return Registry.of(Method, "method", package="methods")


@cache
def networks() -> Registry[Network]:
    """All networks: every file of ``nets/architectures`` that declares some."""
    return Registry.of(Network, "network", package="latentdim.nets.architectures")


def presets() -> dict[str, tuple[Network, Preset]]:
    """What papers print of the networks, by name.

    Raises:
        InputError: if a name is a network's, or stands for two things.
    """
    by_name: dict[str, tuple[Network, Preset]] = {}
    for network in networks():
        for preset in network.presets:
            if preset.name in by_name or preset.name in networks():
                raise InputError("the registry of networks", [f"the name '{preset.name}' is declared twice"])
            by_name[preset.name] = network, preset
    return by_name


@cache
def datasets() -> Registry[Dataset]:
    """All kinds of dataset."""
    return Registry.of(Dataset, "dataset", package="latentdim.datasets")


@cache
def metrics() -> Registry[Metric]:
    """All metrics."""
    return Registry.of(Metric, "metric", package="latentdim.metrics")


@cache
def renamed_metrics() -> Mapping[str, str]:
    """The names that metrics had in the version before, each with the present one."""
    return {metric.former: metric.name for metric in metrics() if metric.former}


@cache
def stored_tensors() -> Registry[StoredTensors]:
    """All that runs store for exhibits."""
    return Registry.of(StoredTensors, "stored_tensor", package="latentdim.harness.stored")


@cache
def exhibits() -> Registry[Exhibit]:
    """All kinds of table and figure."""
    return Registry.of(Exhibit, "exhibit", package="latentdim.exhibits")


def dataset_by_name(name: str) -> tuple[Dataset, DatasetOptions] | None:
    """The kind and options that a dataset's bare name stands for (``synthetic_8``), or None."""
    declaration = family_of(name)
    if declaration is None:
        return None
    match = re.fullmatch(declaration.pattern, name, re.ASCII)
    assert match
    given = {key: int(value) if value.isdigit() else value for key, value in match.groupdict().items() if value}
    return declaration, declaration.options.model_validate(given)


def family_of(name: str) -> Dataset | None:
    """The kind of dataset whose pattern a name matches, or None. All such names begin with the kind's own."""
    kinds = datasets().heads_of(name)
    return next((one for one in kinds if one.pattern and re.fullmatch(one.pattern, name, re.ASCII)), None)


def dataset_names(declared: Iterable[str] = ()) -> list[str]:
    """Names to suggest for a dataset: those declared in a study, and one example of each family."""
    examples = [re.sub(r"\(\?P<\w+>\\d\+\)", "8", d.pattern) for d in datasets() if d.pattern]
    return sorted({*declared, *(re.sub(r"\(.*\)\??$", "", example) for example in examples)})
