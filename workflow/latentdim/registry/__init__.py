"""Finding what is registered: built-in declarations, the folders under ``methods/``, other packages' entry points."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

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
from latentdim.system.problems import InputError, nearest
from latentdim.system.tracebacks import described

Declaration = TypeVar("Declaration", Method, Network, Dataset, Metric, StoredTensors, Exhibit)

# Which modules of a package are imported in search of declarations.
DECLARING: Mapping[str, Callable[[pkgutil.ModuleInfo], bool]] = {
    "METHOD": lambda module: module.ispkg,
    "NETWORK": lambda module: True,
    "DATASET": lambda module: not module.ispkg,
    "METRIC": lambda module: module.ispkg,
    "STORED_TENSOR": lambda module: True,
    "EXHIBIT": lambda module: module.name == "declared",
}


@dataclass(frozen=True)
class Registry(Generic[Declaration]):
    """The declarations of one kind by name; an unknown name is answered with the nearest known ones.

    Attributes:
        broken: folders whose declaration can't be used, with the reason; only who names one is told.
    """

    noun: str
    declarations: Mapping[str, Declaration]
    broken: Mapping[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Declaration]:
        return iter(self.declarations.values())

    def __contains__(self, name: object) -> bool:
        return name in self.declarations

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self.declarations)

    def get(self, name: str) -> Declaration:
        """The declaration of that name.

        Raises:
            InputError: naming the nearest known names.
        """
        if name not in self.declarations:
            raise InputError(f"the registry of {self.noun}s", [f"'{name}' is not a {self.noun}{self.hint(name)}"])
        return self.declarations[name]

    def hint(self, name: str, *, also: Iterable[str] = ()) -> str:
        """The end of a sentence that refuses ``name``; further names that are allowed may be given."""
        if name in self.broken:
            return f": its declaration can't be used ({self.broken[name]})"
        return nearest(name, (*self.declarations, *also))


def _declared_in(package_name: str, attribute: str, broken: dict[str, str]) -> Iterator[Any]:
    """The declarations in a package's modules and sub-packages that carry the attribute."""
    package = importlib.import_module(package_name)
    for module in pkgutil.iter_modules(package.__path__):
        if not DECLARING[attribute](module):
            continue
        try:
            imported = importlib.import_module(f"{package_name}.{module.name}")
        except (Exception, SystemExit) as error:  # whatever somebody's half-written folder does, the others go on
            broken[module.name] = described(error)
            continue
        declared = getattr(imported, attribute, None)
        if declared is None and module.ispkg:
            broken[module.name] = f"its __init__.py holds no {attribute}"
        yield from declared if isinstance(declared, tuple) else (declared,) if declared else ()


def _declared_outside(group: str, broken: dict[str, str]) -> Iterator[Any]:
    """The declarations of other packages, by the names of their entry points."""
    points = entry_points(group=group)
    for name in sorted(points.names):
        try:
            yield points[name].load()
        except (Exception, SystemExit) as error:  # whatever somebody's half-written package does, the others go on
            broken[name] = described(error)


def _collect(kind: type[Declaration], noun: str, *, package: str) -> Registry[Declaration]:
    """Declarations of one kind: ours, and those of the entry-point group ``latentdim.<noun>s`` of other packages.

    Raises:
        InputError: if something else is registered as one, or two have one name.
    """
    group: str = f"latentdim.{noun}s"
    by_name: dict[str, Declaration] = {}
    broken: dict[str, str] = {}
    for declaration in (*_declared_in(package, noun.upper(), broken), *_declared_outside(group, broken)):
        if not isinstance(declaration, kind):
            raise InputError(f"the registry of {noun}s", [f"{group}: {declaration!r} is not a {kind.__name__}"])
        if declaration.name in by_name:
            raise InputError(f"the registry of {noun}s", [f"{group}: the name '{declaration.name}' is declared twice"])
        by_name[declaration.name] = declaration
    return Registry(noun, dict(sorted(by_name.items())), broken)


@cache
def methods() -> Registry[Method]:
    """All methods: every folder of ``methods/`` that declares one."""
    return _collect(Method, "method", package="methods")


@cache
def networks() -> Registry[Network]:
    """All networks: every file of ``nets/architectures`` that declares some."""
    return _collect(Network, "network", package="latentdim.nets.architectures")


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
    return _collect(Dataset, "dataset", package="latentdim.datasets")


@cache
def metrics() -> Registry[Metric]:
    """All metrics."""
    return _collect(Metric, "metric", package="latentdim.metrics")


@cache
def renamed_metrics() -> Mapping[str, str]:
    """The names that metrics had in the version before, each with the present one."""
    return {metric.former: metric.name for metric in metrics() if metric.former}


@cache
def stored_tensors() -> Registry[StoredTensors]:
    """All that runs store for exhibits."""
    return _collect(StoredTensors, "stored_tensor", package="latentdim.harness.stored")


@cache
def exhibits() -> Registry[Exhibit]:
    """All kinds of table and figure."""
    return _collect(Exhibit, "exhibit", package="latentdim.exhibits")


def dataset_by_name(name: str) -> tuple[Dataset, DatasetOptions] | None:
    """The kind and options that a dataset's bare name stands for (``synthetic_8``), or None."""
    for declaration in datasets():
        match = re.fullmatch(declaration.pattern, name, re.ASCII) if declaration.pattern else None
        if match:
            given = {key: int(value) if value.isdigit() else value for key, value in match.groupdict().items() if value}
            return declaration, declaration.options.model_validate(given)
    return None


def family_of(name: str) -> str | None:
    """The kind of dataset whose pattern a name matches, or None."""
    return next(
        (found.name for found in datasets() if found.pattern and re.fullmatch(found.pattern, name, re.ASCII)), None
    )


def dataset_names(declared: Iterable[str] = ()) -> list[str]:
    """Names to suggest for a dataset: those declared in a study, and one example of each family."""
    examples = [re.sub(r"\(\?P<\w+>\\d\+\)", "8", d.pattern) for d in datasets() if d.pattern]
    return sorted({*declared, *(re.sub(r"\(.*\)\??$", "", example) for example in examples)})
