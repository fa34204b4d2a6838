"""Expanding a study into a plan, with every problem found on the way told at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from latentdim import registry
from latentdim.datasets.spec import NAME as DATASET_NAME
from latentdim.datasets.spec import DatasetSpec
from latentdim.plan.checkpoints import no_chooser
from latentdim.plan.compatibility import compatibility
from latentdim.plan.duplicates import ambiguous, repeated, searched_twice
from latentdim.plan.lettering import undrawable
from latentdim.plan.names import exhibit_problems
from latentdim.plan.needs import untrainable
from latentdim.plan.plan import Plan, PlannedExhibit
from latentdim.plan.run import Cell, Run
from latentdim.plan.search import Search, metric_sought
from latentdim.registry.declarations import Dataset, DatasetOptions, Method, MethodConfig, SourceInfo, resolve
from latentdim.study.file import (
    GridEntry,
    MetricRequest,
    Study,
    parse_study,
    read_study,
    validated,
)
from latentdim.study.lines import located
from latentdim.study.messages import sentences
from latentdim.study.naming import file_and_scale, full_name, scale_of
from latentdim.study.protocol import BASE, Protocol, merged
from latentdim.study.requested_metrics import RequestedMetric
from latentdim.study.salvage import salvaged
from latentdim.study.scale import Scale
from latentdim.study.search import SearchedDims
from latentdim.study.spellings import renewed
from latentdim.study.stand_ins import stand_ins_of, with_stand_ins
from latentdim.study.sweeps import as_sweep, variants
from latentdim.system.problems import CodeBroken, InputError, nearest
from latentdim.system.tracebacks import described


def plan_study(name: str, *, results: Path = Path("results"), stand_ins: bool = False) -> Plan:
    """The plan of a study given by name or path, at the scale named behind it (``ard_vae@reduced``) or its file's own.

    Args:
        stand_ins: take stand-ins in the place of published data that have one.

    Raises:
        InputError: if the study file has problems. A dataset that isn't there is no problem of the file: it stands in
            ``plan.absent`` and the caller decides.
    """
    path, scale = file_and_scale(name)
    try:
        return _plan_of_file(path, scale, results, stand_ins=stand_ins)
    except InputError as refusal:
        raise InputError(refusal.title, located(path, refusal.problems)) from refusal


def _plan_of_file(path: Path, named: str, results: Path, *, stand_ins: bool) -> Plan:
    try:
        study = read_study(path)
    except InputError as refusal:
        raise InputError(str(path), [*refusal.problems, *_further_problems(path, refusal, results)]) from refusal
    scale = scale_of(study, named)
    changes, names = study.scales.get(scale, Scale()), stand_ins_of(study)
    taken = (names if stand_ins else {}) | changes.stand_ins
    asked = with_stand_ins(study.at(scale), taken)
    return Expansion(full_name(path, study, scale), path, asked, results, changes, names, taken).plan()


def _further_problems(path: Path, refusal: InputError, results: Path) -> list[str]:
    """What else is wrong with a study whose form is: unknown names and settings that don't fit."""
    form = refusal.__cause__
    if not isinstance(form, ValidationError):
        return []
    raw = parse_study(path)
    renewed(raw)
    study, problems = salvaged(raw, form)
    try:
        if study is not None:
            Expansion("salvaged", path, study, results).plan()
    except InputError as more:
        problems += more.problems
    return problems


@dataclass
class Expansion:
    """The work of one expansion; collects problems instead of stopping at the first."""

    name: str
    path: Path
    study: Study
    results: Path
    scale: Scale = field(default_factory=Scale)
    offered: dict[str, str] = field(default_factory=dict)  # stand-ins that could be asked for
    stand_ins: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    specs: dict[str, DatasetSpec | None] = field(default_factory=dict)
    drawn_from: frozenset[str] = frozenset()

    def plan(self) -> Plan:
        """Expand, check, and return the plan.

        Raises:
            InputError: with all problems.
        """
        for name in self.study.datasets:
            self.dataset(name, f"datasets.{name}")
        exhibits = self.exhibits()
        self.drawn_from = frozenset(name for one in exhibits.values() for name in one.declared.stored)
        figures = [index for index, one in exhibits.items() if ".png" in one.declared.files]
        self.problems += undrawable(self.study, figures)
        cells: list[Cell] = []
        listed: list[tuple[Run, str]] = []  # with the place in the file
        searches: list[tuple[Search, str]] = []
        for index, entry in enumerate(self.study.grid):
            where = f"grid.{index}"
            for cell in self.cells(entry, where):
                cells.append(cell)
                if isinstance(entry.dims, SearchedDims):
                    metric, problem = metric_sought(entry.dims, cell)
                    self.problems += [f"{where}.dims.metric = {entry.dims.metric!r}: {problem}"] if problem else []
                    searches += [(Search(cell, s, entry.dims, metric), where) for s in entry.seed_list if metric]
                else:
                    listed += [(Run(cell, dim, seed), where) for dim in entry.dims for seed in entry.seed_list]
        self.problems += [*self.unknown_datasets(), *self.unneeded_stand_ins(), *self.unknown_scales()]
        possible = [*listed, *((run, where) for search, where in searches for run in search.candidates)]
        self.problems += [*repeated(listed), *searched_twice(searches), *ambiguous(possible)]
        if not self.problems:  # else a mistake in the grid would be told again for every exhibit that names its part
            self.problems += exhibit_problems(exhibits, [run for run, _ in possible])
        absent = {spec.name: spec.info.problems for spec in self.specs.values() if spec and spec.info.problems}
        if self.problems:
            self.problems += [f"dataset '{name}': {problem}" for name, found in absent.items() for problem in found]
            raise InputError(str(self.path), list(dict.fromkeys(self.problems)))
        runs, sought = tuple(run for run, _ in listed), tuple(search for search, _ in searches)
        return Plan(
            self.name, self.path, self.study, self.results, tuple(cells), runs, sought, tuple(exhibits.values()),
            absent, self.stand_ins,
        )  # fmt: skip

    def cells(self, entry: GridEntry, where: str) -> Iterable[Cell]:
        """The cells of one grid entry; nothing where it has problems."""
        protocol = self.protocol(entry, where)
        requested = self.requested(entry.metrics or self.study.metrics, protocol, where if entry.metrics else "")
        specs = [self.dataset(name, f"{where}.datasets.{i}") for i, name in enumerate(entry.datasets)]
        chosen = [one for name, given in entry.methods.items() for one in self.methods(name, given, entry.label, where)]
        for spec in specs:
            for method, config, label, stem in chosen:
                if spec is None or protocol is None or requested is None:
                    continue
                told = _stand_in(method, protocol)
                fitting = tuple(one for one in requested if spec.allows(one.metric))
                undefined = tuple(one.metric for one in requested if not spec.allows(one.metric))
                cell = Cell(
                    spec, method, config, protocol, label + told, fitting, undefined,
                    note=entry.note, stem=stem + told, drawn_from=self.drawn_from,
                )  # fmt: skip
                cell = replace(cell, untrainable=untrainable(cell))
                if not spec.info.problems:
                    with self.code_of(where):
                        self.problems += compatibility(cell, entry.possible_dims, where)
                yield cell

    @contextmanager
    def code_of(self, where: str) -> Iterator[None]:
        """What somebody's code does while it is asked costs a sentence, no traceback."""
        try:
            yield
        except InputError:
            raise
        except CodeBroken as problem:
            self.problems.append(f"{where}: {problem}")
        except Exception as error:
            self.problems.append(f"{where}: its code failed, {described(error)}")

    def dataset(self, name: str, where: str) -> DatasetSpec | None:
        """The dataset of that name, from the study's own block or from a registered family; looked at once."""
        if name in self.specs:
            return self.specs[name]
        self.specs[name] = None
        found = self._declared(name) if name in self.study.datasets else self._family(name, where)
        if found:
            kind, options = found
            options = self._at_scale(name, kind, options)
            with self.code_of(where):
                info: SourceInfo = resolve(kind.inspect)(options)
                self.specs[name] = DatasetSpec(name, kind, options, info)
        return self.specs[name]

    def _at_scale(self, name: str, kind: Dataset, options: DatasetOptions) -> DatasetOptions:
        """A dataset's options with those of the scale laid over them."""
        if name not in self.scale.datasets:
            return options
        given = merged(options.model_dump(mode="json", exclude_unset=True), self.scale.datasets[name])
        return self._valid(kind.options, given, f"scales.{self.study.scale}.datasets.{name}") or options

    def unknown_datasets(self) -> Iterator[str]:
        """Sentences about datasets that the scale changes and the study doesn't have."""
        known = {*self.specs, *self.stand_ins, *self.offered, *self.offered.values()}
        for name in self.scale.datasets:
            if name not in known:
                hint = nearest(name, self.specs)
                yield f"scales.{self.study.scale}.datasets.{name}: not a dataset of this study{hint}"

    def unneeded_stand_ins(self) -> Iterator[str]:
        """Sentences about stand-ins that took no dataset's place."""
        known = {name for entry in self.study.grid for name in entry.datasets}
        for name, stand_in in self.scale.stand_ins.items():
            if stand_in not in known:
                yield f"scales.{self.study.scale}.stand_ins.{name}: not a dataset of the grid{nearest(name, known)}"

    def unknown_scales(self) -> Iterator[str]:
        """Sentences about scales that a grid entry names and the study doesn't have."""
        for index, entry in enumerate(self.study.grid):
            for name in entry.scales:
                if name not in self.study.scales:
                    yield f"grid.{index}.scales.{name}: not a scale of this study{nearest(name, self.study.scales)}"

    def _declared(self, name: str) -> tuple[Dataset, DatasetOptions] | None:
        given = dict(self.study.datasets[name])
        where = f"datasets.{name}"
        kind_name = given.pop("kind", None)
        if not isinstance(kind_name, str) or kind_name not in registry.datasets():
            hint = registry.datasets().hint(str(kind_name))
            self.problems.append(f"{where}.kind = {kind_name!r}: not a kind of dataset{hint}")
            return None
        if not re.fullmatch(DATASET_NAME, name):
            self.problems.append(
                f"{where}: a dataset's name is letters (a … z, A … Z), digits, '_' and '-', not starting with either"
            )
            return None
        kind = registry.datasets().get(kind_name)
        if registry.family_of(name) not in (None, kind):
            self.problems.append(f"{where}: '{name}' is the name of a registered dataset; call yours something else")
            return None
        options = self._valid(kind.options, given, where)
        return (kind, options) if options else None

    def _family(self, name: str, where: str) -> tuple[Dataset, DatasetOptions] | None:
        try:
            found = registry.dataset_by_name(name)
        except ValidationError as error:
            self.problems += [f"{where} = {name!r}: {sentence}" for sentence in sentences(DatasetOptions, error)]
            return None
        if found is None:
            hint = nearest(name, registry.dataset_names(self.study.datasets))
            self.problems.append(f"{where} = {name!r}: not a dataset{hint}")
        return found

    def methods(
        self, name: str, given: dict[str, Any] | None, label: str | None, entry: str
    ) -> Iterator[tuple[Method, MethodConfig, str, str]]:
        """A method with its validated settings, a row label and the label's stem, for each combination of its sweeps.

        Args:
            label: the grid entry's own.
            entry: the grid entry's key in the study file.
        """
        where = f"{entry}.methods.{name}"
        if name not in registry.methods():
            self.problems.append(f"{where}: not a method{registry.methods().hint(name)}")
            return
        method, stem = registry.methods().get(name), label or name
        combinations, problems = variants(given or {}, where)
        self.problems += problems
        for variant in combinations:
            try:
                config = validated(method.config, variant.settings, title=str(self.path), prefix=where)
            except InputError as error:
                located_ones = (variant.located(problem, where) for problem in error.problems)
                self.problems += [as_sweep(problem, variant.settings, where) for problem in located_ones]
                continue
            strange = [metric for metric in method.measured(config) if metric not in registry.metrics()]
            if strange:
                hint = registry.metrics().hint(strange[0])
                self.problems.append(f"{where}: its declaration measures '{strange[0]}', which is not a metric{hint}")
                return
            told = stem + "".join(f" {text}" for text in variant.stand_ins(config, method.labelled))
            yield method, config, variant.label(told), told

    def _valid(self, model: Any, given: dict[str, Any], where: str) -> Any:
        try:
            return validated(model, given, title=str(self.path), prefix=where)
        except InputError as error:
            self.problems += error.problems
            return None

    def protocol(self, entry: GridEntry, where: str) -> Protocol | None:
        """The study's protocol with the entry's laid over it."""
        try:
            changes = self.scale.of(entry.scales.get(self.study.scale))
            raw = changes.protocol_of(merged(merged(BASE, self.study.protocol), entry.protocol))
            protocol: Protocol = validated(Protocol, raw, title=str(self.path), prefix="protocol")
            if problems := list(no_chooser(protocol.evaluation)):
                raise InputError(str(self.path), problems)
        except InputError as error:
            for problem in error.problems:
                key = problem.split(":")[0].split(" = ")[0].removeprefix("protocol.")
                scale = f"scales.{self.study.scale}." if _holds(self.scale.protocol, key) else ""
                self.problems.append(f"{where}.{problem}" if _holds(entry.protocol, key) else f"{scale}{problem}")
            return None
        return protocol

    def requested(
        self, requests: tuple[MetricRequest, ...], protocol: Protocol | None, where: str
    ) -> tuple[RequestedMetric, ...] | None:
        """The metrics asked for, each with its file's name."""
        metrics = []
        for index, request in enumerate(requests):
            key = f"{where + '.' if where else ''}metrics.{index}"
            if request.name not in registry.metrics():
                self.problems.append(f"{key} = {request.name!r}: not a metric{registry.metrics().hint(request.name)}")
            elif request.axes and not registry.metrics().get(request.name).per_axes:
                self.problems.append(
                    f"{key}.axes = {request.axes!r}: '{request.name}' isn't taken on a choice of axes; leave it out"
                )
            elif protocol:
                metrics.append(
                    RequestedMetric.of(registry.metrics().get(request.name), protocol.evaluation, request.axes)
                )
        if len({one.file for one in metrics}) < len(metrics):
            self.problems.append(
                f"{where + '.' if where else ''}metrics: one metric is asked for twice on the same axes"
            )
        return tuple(metrics) if protocol and metrics else None

    def exhibits(self) -> dict[int, PlannedExhibit]:
        """The exhibits of known kinds with valid options, by their place in the file."""
        planned = {}
        for index, entry in enumerate(self.study.exhibits):
            where = f"exhibits.{index}"
            if entry.kind not in registry.exhibits():
                self.problems.append(
                    f"{where}.kind = {entry.kind!r}: not an exhibit{registry.exhibits().hint(entry.kind)}"
                )
            else:
                declared = registry.exhibits().get(entry.kind)
                self.problems += [
                    f"{where}.kind = {entry.kind!r}: it draws from '{name}', which nothing stores"
                    + registry.stored_tensors().hint(name)
                    for name in declared.stored
                    if name not in registry.stored_tensors()
                ]
                options = self._valid(declared.options, entry.options, f"{where}.options")
                if options is not None:
                    planned[index] = PlannedExhibit(entry, declared, options)
        for name, count in Counter(entry.name for entry in self.study.exhibits).items():
            if count > 1:
                self.problems.append(
                    f"exhibits: the name '{name}' is given {count} times; exhibits would overwrite each other"
                )
        return planned


def _stand_in(method: Method, protocol: Protocol) -> str:
    """What a row's label says of a network that takes an unpublished one's place, in brackets; empty elsewhere."""
    told = registry.networks().get(protocol.training.network.name).stand_in
    return f" ({told})" if told and "network" not in method.unused_fields else ""


def _holds(override: dict[str, Any], key: str) -> bool:
    """Whether a dotted key, or a block above it, is written in the override."""
    here: Any = override
    for part in key.split("."):
        if not isinstance(here, dict) or part not in here:
            return False
        here = here[part]
    return True
