"""The declarations of one kind, imported as far as they are asked for."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import EntryPoints, entry_points
from typing import Any, Generic, TypeVar

from latentdim.registry.declarations import Dataset, Exhibit, Method, Metric, Network, StoredTensors
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


@cache
def _entry_points() -> EntryPoints:
    """Those of all installed packages, which are looked through once."""
    return entry_points()


@dataclass(frozen=True)
class Source(Generic[Declaration]):
    """Where declarations of one kind stand: in modules of a package of ours, and behind other packages' entry points.

    Attributes:
        kind: the class of what is declared.
        noun: what it is called; the entry-point group is ``latentdim.<noun>s``.
        package: whose modules carry the declarations in an attribute called like the noun in capitals.
    """

    kind: type[Declaration]
    noun: str
    package: str

    @cached_property
    def modules(self) -> dict[str, pkgutil.ModuleInfo]:
        """Modules and sub-packages that may carry a declaration."""
        path = importlib.import_module(self.package).__path__
        return {one.name: one for one in pkgutil.iter_modules(path) if DECLARING[self.noun.upper()](one)}

    @cached_property
    def outside(self) -> EntryPoints:
        """What other packages declare."""
        return _entry_points().select(group=f"latentdim.{self.noun}s")

    def declared_in(self, module: str) -> tuple[Any, ...]:
        """What a module declares; empty where it declares nothing. Whatever the module raises passes through."""
        declared = getattr(importlib.import_module(f"{self.package}.{module}"), self.noun.upper(), None)
        if isinstance(declared, tuple):
            return declared
        return (declared,) if declared else ()

    def everything(self, broken: dict[str, str]) -> dict[str, Declaration]:
        """All declarations by name; the reasons of modules and entry points that can't be used go into ``broken``.

        Raises:
            InputError: if something else is registered as one, or two have one name.
        """
        group = f"latentdim.{self.noun}s"
        by_name: dict[str, Declaration] = {}
        for declaration in (*self._inside(broken), *self._outside(broken)):
            if not isinstance(declaration, self.kind):
                problem = f"{group}: {declaration!r} is not a {self.kind.__name__}"
                raise InputError(f"the registry of {self.noun}s", [problem])
            if declaration.name in by_name:
                problem = f"{group}: the name '{declaration.name}' is declared twice"
                raise InputError(f"the registry of {self.noun}s", [problem])
            by_name[declaration.name] = declaration
        return dict(sorted(by_name.items()))

    def _inside(self, broken: dict[str, str]) -> Iterator[Any]:
        for name, module in self.modules.items():
            try:
                declared = self.declared_in(name)
            except (Exception, SystemExit) as error:  # whatever somebody's half-written folder does, the others go on
                broken[name] = described(error)
                continue
            if not declared and module.ispkg:
                broken[name] = f"its __init__.py holds no {self.noun.upper()}"
            yield from declared

    def _outside(self, broken: dict[str, str]) -> Iterator[Any]:
        for point in sorted(self.outside, key=lambda point: point.name):
            try:
                yield point.load()
            except (Exception, SystemExit) as error:  # whatever somebody's half-written package does, the others go on
                broken[point.name] = described(error)


@dataclass
class Registry(Generic[Declaration]):
    """The declarations of one kind by name; an unknown name is answered with the nearest known ones.

    A declaration is looked for in the module that is called like it, first. The others are imported for a name that
    isn't found there, and for what lists all; at once where another package declares any.
    """

    noun: str
    _known: dict[str, Declaration] = field(default_factory=dict)
    _source: Source[Declaration] | None = None  # of what isn't known yet
    _broken: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: type[Declaration], noun: str, *, package: str) -> Registry[Declaration]:
        """What is declared in the modules of a package of ours, and by other packages.

        Raises:
            InputError: if another package declares something that doesn't fit the rest.
        """
        source = Source(kind, noun, package)
        registry = cls(noun, _source=source)
        if source.outside:
            registry._complete()
        return registry

    def _complete(self) -> None:
        if self._source is not None:
            self._known = self._source.everything(self._broken)
            self._source = None

    @property
    def declarations(self) -> dict[str, Declaration]:
        """All of them, in alphabetical order."""
        self._complete()
        return self._known

    def __iter__(self) -> Iterator[Declaration]:
        return iter(self.declarations.values())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.find(name) is not None

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self.declarations)

    def find(self, name: str) -> Declaration | None:
        """The declaration of that name; None where there is none."""
        self._import_module(name)
        return self._known.get(name) or self.declarations.get(name)

    def get(self, name: str) -> Declaration:
        """The declaration of that name.

        Raises:
            InputError: naming the nearest known names.
        """
        found = self.find(name)
        if found is None:
            raise InputError(f"the registry of {self.noun}s", [f"'{name}' is not a {self.noun}{self.hint(name)}"])
        return found

    def heads_of(self, name: str) -> list[Declaration]:
        """The declarations whose own names the name begins with."""
        for module in self._source.modules if self._source else ():
            if name.startswith(module):
                self._import_module(module)
        return [one for one in self._known.values() if name.startswith(one.name)]

    def hint(self, name: str, *, also: Iterable[str] = ()) -> str:
        """The end of a sentence that refuses ``name``; further names that are allowed may be given."""
        self._complete()
        if name in self._broken:
            return f": its declaration can't be used ({self._broken[name]})"
        return nearest(name, (*self._known, *also))

    def _import_module(self, name: str) -> None:
        """Take in what the module of that name declares; what is wrong with it is told when all are looked through."""
        source = self._source
        if source is None or name in self._known or name not in source.modules:
            return
        try:
            declared = source.declared_in(name)
        except (Exception, SystemExit):  # told by whoever names it
            return
        self._known |= {one.name: one for one in declared if isinstance(one, source.kind)}
