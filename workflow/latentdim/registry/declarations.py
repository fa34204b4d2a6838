"""What a method, network, dataset, metric or exhibit says of itself. Cheap to import: no torch here.

A declaration names its implementation by a dotted path ``package.module:function`` that is resolved only where it
is needed, inside the job. A network is data through and through, so it holds its functions themselves.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from latentdim.system.problems import CodeBroken, nearest
from latentdim.system.tracebacks import described

Output = Literal["linear", "sigmoid", "tanh"]
GENERATED, THE_USERS = "none (generated)", "the user's own"  # licences that bind nobody else's pictures


class Strict(BaseModel):
    """Base of everything a user may write: frozen, unknown keys refused, no silent conversion of text to numbers."""

    # defer_build: only the models that a study uses are built, which planning is paid for in every cluster job.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


class MethodConfig(Strict):
    """Base of a method's own settings. Give each field a type, bounds and a description."""


class NetworkOptions(Strict):
    """Base of a network's options, as they stand in a protocol's ``network`` block.

    A network gives ``name`` its own as a ``Literal`` with that default, every other option a default and a description,
    and only types that can be hashed (tuples, not lists).
    """

    name: str
    output: Output
    spectral_norm: Literal["none", "encoder", "decoder", "both"] = Field(
        "none",
        description="whose weights are divided by their largest singular values (Miyato et al., 2018; of a "
        "convolution, those of its kernel as a matrix)",
    )


class DatasetOptions(Strict):
    """Base of a dataset's options, as they may stand in a study file.

    ``location`` names the options that say where the source lies without changing what the prepared arrays hold
    (a checksummed set is the same from anywhere); they stay out of the dataset's identity.
    """

    location: ClassVar[frozenset[str]] = frozenset()


class Mention(NamedTuple):
    """A name in an exhibit's options that has to exist in its study.

    ``stem`` is a row label without the values of a sweep, ``setting`` a method's, with numbers for values.
    """

    key: str
    noun: Literal["dataset", "label", "stem", "setting", "metric", "dim", "seed"]
    name: str | int


Noun = Literal["dataset", "label", "stem", "metric", "axes", "dim", "seed"]


class Query(NamedTuple):
    """Names in an exhibit's options that some run of the grid has to have together.

    Attributes:
        key: where the narrowest of them stands in the options; empty for the options as a whole.
        names: which names a run may have, by noun; a noun that is left out lets every run through. ``axes`` goes with
            ``metric``.
        single: nouns and names of settings in which those runs have to differ, their seeds apart, each with one value
            of the metric; empty where several may stand together.
    """

    key: str
    names: Mapping[Noun, Collection[str | int]]
    single: tuple[str, ...] = ()


class ExhibitOptions(Strict):
    """Base of an exhibit's options."""

    def mentions(self) -> Iterator[Mention]:
        """Every name that has to exist in the study, with the key where it stands."""
        yield from ()

    def queries(self) -> Iterator[Query]:
        """What of it has to be found in the grid together, where every single name exists."""
        yield from ()


class EvaluationFields(Strict):
    """Base of what the evaluation half of the protocol has for a family of metrics: one field or more, with defaults.

    The evaluation half is a class that derives from all of them, so an evaluation is an instance of each.
    """


def resolve(path: str) -> Callable[..., Any]:
    """Import ``package.module:function`` and return the function.

    Raises:
        CodeBroken: if there is no such function, or its module can't be imported; in a sentence, with file and line.
    """
    module_name, _, attribute = path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # whatever somebody's module does while it is imported
        absent = isinstance(error, ModuleNotFoundError) and f"{module_name}.".startswith(f"{error.name}.")
        why = (
            f"there is no module '{module_name}'" if absent else f"{module_name} can't be imported, {described(error)}"
        )
        raise CodeBroken(f"'{path}': {why}") from error
    function = getattr(module, attribute, None)
    if not callable(function):
        own = [name for name, one in vars(module).items() if getattr(one, "__module__", "") == module_name]
        raise CodeBroken(f"'{path}': {module_name} has no function '{attribute}'{nearest(attribute, own)}")
    return function


@dataclass(frozen=True, kw_only=True)
class Method:
    """A method of the suite.

    Attributes:
        name: as written in study files.
        title: as printed in tables.
        config: the class of its settings.
        runner: dotted path of ``fit(task, config) -> LatentModel``.
        source: paper, section or equation.
        version: raise it when numbers may change or a default does; only this method's runs become new.
        unused_fields: names of training-protocol fields that the method doesn't use (it brings its own or needs none);
            they are left out of its runs' key and of the printed protocol.
        cost: forward-backward passes a step, relative to a plain autoencoder's one.
        needs_factors: refuse datasets without known factors; the latent dimension must be at least their number.
        allows_wide: accept a latent dimension above the number of input values.
        learns_variance: its objective holds beside a decoder variance that is learned along
            (``training.decoder_variance: learned``); refused otherwise.
        active: how its own rule counts ACTIVE, in a sentence, for the page of methods.
        fittable_codes: a distribution can be fitted to its codes; false where they are constant, and
            ``evaluation.sampler`` is refused.
        control: a reference point rather than a contender; tables set it apart.
        measures: names of the metrics that its runner asks ``task.measure`` for; their versions are part of its runs'
            identity. Where the method's own settings decide it, ``measures(config)``, which gives for each name the
            evaluation settings that it is measured with, as far as they aren't those of every such measurement.
        labelled: names of settings whose value stands in the row's label where it isn't the default: what stands in
            for something else, which nobody must overlook.
        tried_with: settings that conformance tries it with, where the defaults need what tiny vectors don't have.
        stages: names of its trainings, where all of them go through ``task.stage``: weights are then kept after the
            last step alone.
        compatibility: dotted path of ``compatibility(config, training, n_train) -> iterable of sentences`` about
            settings that this method can't work with; asked while planning, so free of torch. Empty where there is
            nothing to ask.
    """

    name: str
    config: type[MethodConfig]
    runner: str
    source: str
    title: str = ""
    version: int = 1
    unused_fields: frozenset[str] = frozenset()
    cost: float = 1.0
    needs_factors: bool = False
    allows_wide: bool = False
    learns_variance: bool = False
    active: str = "all L: it has no rule of its own"
    fittable_codes: bool = True
    control: bool = False
    measures: tuple[str, ...] | Callable[[Any], Mapping[str, Mapping[str, Any]]] = ()
    labelled: tuple[str, ...] = ()
    tried_with: Mapping[str, Any] = field(default_factory=dict, hash=False)
    stages: tuple[str, ...] = ()
    compatibility: str = ""

    def measured(self, config: MethodConfig) -> dict[str, Mapping[str, Any]]:
        """The metrics that its runner asks for under some settings, each with its own evaluation settings."""
        return dict(self.measures(config)) if callable(self.measures) else {name: {} for name in self.measures}


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A network as a source has it: options that can be had by one name.

    Attributes:
        name: as it may stand after ``name:`` in a protocol's ``network`` block; the block's other keys win.
        options: those that differ from the network's defaults.
        shape: of examples that it is meant for.
        source: paper, section or table, and what is open there.
    """

    name: str
    options: Mapping[str, Any] = field(hash=False)
    shape: tuple[int, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class Network:
    """An encoder and a decoder, as layers.

    Attributes:
        name: as written after ``name:`` in a protocol's ``network`` block.
        options: the class of the block's keys.
        layers: ``layers(options, shape, *, dim, outputs) -> nets.layers.Architecture`` for examples of that shape,
            ``dim`` latent dimensions and an encoder with so many outputs (2·dim for a mean and a log-variance).
        source: paper, section or table.
        shape: of examples that the default options take; what conformance tries the network on.
        version: raise it when numbers may change; only runs with this network become new.
        compatibility: ``compatibility(options, shape) -> iterable of sentences`` about examples that it can't take,
            each beginning with the option it is about (``.side = 2 makes …``) or with a colon. What it lets through is
            still counted layer by layer, so None will do where the shapes themselves tell.
        stand_in: what must stand in the row label of runs with it, where it takes the place of a network that nobody
            published (``assumed network``); empty for all others.
        presets: what papers print of this family. They are other names for options, not networks of their own: a run's
            identity knows the options alone.
    """

    name: str
    options: type[NetworkOptions]
    layers: Callable[..., Any]
    source: str
    shape: tuple[int, ...]
    title: str = ""
    version: int = 1
    compatibility: Callable[..., Iterable[str]] | None = None
    stand_in: str = ""
    presets: tuple[Preset, ...] = ()

    def options_of(self, preset: Preset) -> NetworkOptions:
        """The options that a preset stands for."""
        return self.options.model_validate(dict(preset.options))


@dataclass(frozen=True, kw_only=True)
class SourceInfo:
    """What a glance at a dataset's source tells, without reading its contents.

    Attributes:
        problems: sentences; not empty where the data aren't there or can't be used.
        shape: of one example, ``(channels, height, width)`` or ``(values,)``.
        n_train: examples for training (validation included).
        download: the sentence about what preparing will download; empty where the files lie here.
        n_factors: number of known factors of variation, or None.
        n_classes: number of classes that examples are labelled with, or None.
        n_combinations: combinations of the factor space's levels, where the dataset offers one.
        fingerprint: changes when the source's files do (names, sizes, times); constant for checksummed sets.
        prepared_mb: disk space that the prepared arrays will take, and what is unpacked on the way.
        kind: what one example is, where the files decide it and not the declaration (``npy``, ``npz``).
    """

    problems: tuple[str, ...] = ()
    download: str = ""
    shape: tuple[int, ...] = ()
    n_train: int = 0
    n_factors: int | None = None
    n_classes: int | None = None
    n_combinations: int | None = None
    fingerprint: str = "constant"
    prepared_mb: float = 0.0
    kind: Literal["images", "vectors"] | None = None


class SourceCheck(NamedTuple):
    """What the headers of a dataset's source tell, beyond a glance; asked by ``check``, never while planning.

    Attributes:
        problems: sentences about what can't be used.
        notes: sentences about what is left out, converted or changed.
    """

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A kind of dataset. One declaration may serve a family of names (``synthetic_8``, ``synthetic_16``).

    Attributes:
        name: the kind, as written after ``kind:`` in study files; also a dataset's name where ``pattern`` matches it.
        options: the class of its options.
        inspect: dotted path of ``inspect(options) -> SourceInfo``: presence, names and sizes only; no torch.
        prepare: dotted path of ``prepare(options, writer) -> None``, which verifies and writes the arrays.
        check: dotted path of ``check(options) -> SourceCheck``, where headers can be read that planning, which every
            job of a cluster does again, has no time for.
        pattern: regular expression of the names that need no entry in a study file; its named groups fill options.
        kind: what one example is, unless ``inspect`` finds otherwise.
        in_random_order: ``prepare`` writes each part's examples in a random order already, drawn from a named stream.
            Otherwise each part is permuted after ``prepare``, for which disk space is needed a second time.
        version: raise it when the prepared arrays may change or a default option does.
        true_dim: option that holds the true latent dimension, where one is known.
        licence: of the data; ``GENERATED`` or ``THE_USERS`` where it isn't somebody else's; any other is printed
            beneath every exhibit.
        factor_space: dotted path of ``factor_space(options, folder) -> FactorSpace``, where the factors' combinations
            can all be had as images; ``folder`` holds the prepared arrays, whose factors say which image lies where. No
            torch.
    """

    name: str
    options: type[DatasetOptions]
    inspect: str
    prepare: str
    source: str
    licence: str
    kind: Literal["images", "vectors"] = "images"
    title: str = ""
    citation: str = ""
    check: str = ""
    pattern: str = ""
    in_random_order: bool = False
    version: int = 1
    true_dim: str = ""
    factor_space: str = ""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A pure function of (model, data, random stream).

    Attributes:
        function: dotted path of ``measure(context) -> Measured``.
        definition: the formula or rule, in a sentence or two.
        samples: how many examples or samples it rests on, in words that name the protocol's fields.
        better: which direction wins, or None for a description (ACTIVE has no better).
        uses: names of the evaluation-protocol fields that can change its value; they enter its file's name.
        per_axes: whether it is taken on a choice of axes (then it also depends on ``axes``).
        kinds: what one example must be for it to mean something.
        needs: what else the dataset must have: ``factor_space`` (images of any combination of factors), ``classes``.
        compatibility: dotted path of ``compatibility(evaluation, kind, n_classes) -> iterable of sentences`` about what
            it can't be measured with, ``kind`` being ``images`` or ``vectors`` and ``n_classes`` None where there are
            none; asked while planning, so free of torch. Empty where there is nothing to ask.
        features: what it compares sets of examples in: ``inception``'s features, or ``chosen`` ones, which
            evaluation.distribution.features names.
        passes: which images it sends through the network of its features, for the estimate of what a run costs.
        encodes: how many images of the factor space it sends through the encoder, by the evaluation half, for the same.
        fields: what the evaluation half has for it alone; the metrics of a family share one class.
        checks: dotted path of ``checks() -> MetricChecks`` (see conformance/checks.py), what conformance tries it with.
        of_machine: it tells of the machine (seconds, memory), so two measurements of one model differ.
        version: raise it when values may change, or the default of a field it uses does: it is then measured again,
            nothing is retrained.
        former: its name in the version before, under which study files and results may still have it.
    """

    name: str
    function: str
    definition: str
    samples: str
    source: str
    title: str
    better: Literal["lower", "higher"] | None
    unit: str
    range: tuple[float, float]
    uses: tuple[str, ...] = ()
    per_axes: bool = False
    kinds: tuple[str, ...] = ("images", "vectors")
    needs: tuple[Literal["factor_space", "classes"], ...] = ()
    of_machine: bool = False
    compatibility: str = ""
    features: Literal["inception", "chosen"] | None = None
    passes: tuple[Literal["generated", "reference", "reconstructed"], ...] = ()
    encodes: Callable[[Any], int] | None = None
    fields: type[EvaluationFields] | None = None
    checks: str = ""
    version: int = 1
    former: str = ""

    @property
    def defined_for(self) -> str:
        """What a dataset must be, in words: ``images with a factor space``."""
        kinds, words = " or ".join(self.kinds), {"factor_space": "a factor space", "classes": "classes"}
        return f"{kinds} with {' and '.join(words[need] for need in self.needs)}" if self.needs else kinds


@dataclass(frozen=True, kw_only=True)
class StoredTensors:
    """What runs store for exhibits to draw from, in a file of its own for each run.

    Attributes:
        name: begins the file's name.
        function: dotted path of ``store(context) -> Mapping[str, Tensor]``; the context is a metric's, on the axes that
            the protocol reports on.
        tensors: names of what it gives; no other declaration has them.
        uses: names of the evaluation-protocol fields that can change it; they enter the file's name.
        kinds: what one example must be.
        dims: initial latent dimensions for which there is something to store; all where empty.
        version: raise it when what is stored may change: it is then stored anew, nothing is retrained.
    """

    name: str
    function: str
    tensors: tuple[str, ...]
    uses: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("images", "vectors")
    dims: tuple[int, ...] = ()
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """A kind of table or figure.

    Attributes:
        draw: dotted path of ``draw(context) -> Drawn``.
        files: the file endings it writes under ``reports/<study>/``, for example ``(".md", ".csv", ".tex")``.
    """

    name: str
    options: type[ExhibitOptions]
    draw: str
    files: tuple[str, ...]
    title: str = field(default="")
