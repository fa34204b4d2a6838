"""Study files: their typed form, and reading them with every problem told in one go."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    PositiveFloat,
    PositiveInt,
    StrictInt,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from latentdim.registry.declarations import Strict
from latentdim.study.axes import Axes
from latentdim.study.lines import located
from latentdim.study.messages import sentences
from latentdim.study.scale import EntryScale, Scale, ScaleName
from latentdim.study.search import SearchedDims, Size
from latentdim.study.spellings import renewed
from latentdim.system.problems import InputError

LARGEST_EXACT = 2**53  # below which a floating-point number tells every whole one from its neighbours


def _one_line(text: str) -> str:
    text = text.strip()
    if not text.isprintable():
        raise ValueError("must be one line, without line breaks or other control characters")
    return text


Line = Annotated[str, AfterValidator(_one_line)]  # what tables and figures show as it is written


class MetricRequest(Strict):
    """One metric, on one choice of axes (the protocol's where none is named)."""

    name: str = Field(description="the metric's; alone, without a block, where the protocol's axes will do")
    axes: Axes | None = Field(None, description="on which axes; evaluation.axes where left out")


def _requests(value: Any) -> Any:
    # A tuple, since what a validator returns is no longer JSON, where a list may stand for one.
    return (
        tuple({"name": item} if isinstance(item, str) else item for item in value) if isinstance(value, list) else value
    )


Metrics = Annotated[tuple[MetricRequest, ...], BeforeValidator(_requests), Field(min_length=1)]


# Told apart by what it looks like, so that a mistake is told in the terms of one of the two.
Dims = Annotated[
    Annotated[tuple[Size, ...], Field(min_length=1), Tag("alternative-list")]
    | Annotated[SearchedDims, Tag("alternative-search")],
    Discriminator(lambda value: f"alternative-{'search' if isinstance(value, dict | SearchedDims) else 'list'}"),
]


class GridEntry(Strict):
    """datasets × methods × dims × seeds, under one protocol."""

    datasets: tuple[str, ...] = Field(
        min_length=1, description="names declared under `datasets`, or of a registered family (synthetic_8, mnist)"
    )
    methods: dict[str, dict[str, Any] | None] = Field(
        min_length=1,
        description="name → its settings; `{sweep: [0.1, 1, 4]}` in place of a value makes one cell of each, and "
        "several sweeps one of each combination",
    )
    dims: Dims = Field(description="initial latent dimensions: a list, or a search that asks for one after another")
    seeds: (
        Annotated[StrictInt, Field(ge=1)]
        | Annotated[tuple[Annotated[StrictInt, Field(ge=0)], ...], Field(min_length=1)]
    ) = Field(1, description="how many, or which")
    label: Annotated[Line, Field(min_length=1)] | None = Field(
        None,
        description="row label in tables, where one method appears with several settings; the name where left out. A "
        "sweep's values are added to it: `vae beta=0.1`, and what is assumed: `vae (assumed network)`",
    )
    protocol: dict[str, Any] = Field(default_factory=dict, description="laid over the study's protocol")
    scales: dict[ScaleName, EntryScale] = Field(
        default_factory=dict, description="what this entry has otherwise at one of the study's scales, by its name"
    )
    metrics: Metrics | None = Field(None, description="instead of the study's metrics")
    note: Line = Field("", description="what a reader of these rows must know; stands with every value of them")

    @property
    def possible_dims(self) -> tuple[int, ...]:
        """The latent dimensions; of a search, all that it may ask for."""
        return self.dims.candidates if isinstance(self.dims, SearchedDims) else self.dims

    @property
    def seed_list(self) -> tuple[int, ...]:
        """The seeds, 0 … n − 1 where a number was given."""
        return tuple(range(self.seeds)) if isinstance(self.seeds, int) else self.seeds


class ExhibitEntry(Strict):
    """A table or figure: its kind, its file name, and the kind's own options."""

    kind: str = Field(description="of table or figure")
    name: str = Field(pattern=r"^[a-z0-9_]+$", description="file name under reports/<study>/")
    title: Line = Field("", description="heading on the page; the kind's title where empty")
    options: dict[str, Any] = Field(default_factory=dict, description="the kind's own, see below")


class Execution(Strict):
    """How the runs are carried out; nothing here can change a number."""

    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="cuda refuses where there is none; auto falls back with a note"
    )
    pack_minutes: PositiveFloat = Field(2.0, description="estimated work that one job should carry at least")
    pack_size: PositiveInt = Field(16, description="most runs in one job")
    cuda_graphs: bool = Field(
        False, description="on a GPU, record the training step once an epoch and replay it, where the method allows "
        "it: the same bits, many times as fast where networks are small. Off by default, since the engine's own "
        "replays have not been seen on a GPU yet; `make gpu-check` compares them with steps from Python, bit for bit"
    )  # fmt: skip


class Study(Strict):
    """One study file."""

    title: Line = Field(description="heading of the page")
    question: str = Field("", description="what is asked, below the heading")
    paper: Line = Field(
        "",
        description="authors, year and title of the paper whose numbers and claims stand beside this file, in "
        "reference.csv and claims.yaml",
    )
    scale: ScaleName = Field(
        "reduced",
        description="of the file's own settings; only at `paper` are values compared with a paper's as equals",
    )
    scales: dict[ScaleName, Scale] = Field(
        default_factory=dict,
        description="other scales of the same grid, by name: the study at one of them goes by `<study>@<name>`",
    )
    in_all: bool = Field(True, description="part of the target `all`")
    datasets: dict[str, dict[str, Any]] = Field(default_factory=dict, description="name → kind and options")
    protocol: dict[str, Any] = Field(description="name, training and evaluation, see below")
    grid: tuple[GridEntry, ...] = Field(
        min_length=1, description="the runs: each entry's datasets × methods × dims × seeds"
    )
    metrics: Metrics = Field(description="names, or blocks with name and axes")
    exhibits: tuple[ExhibitEntry, ...] = Field((), description="tables and figures of the report, in this order")
    execution: Execution = Execution()

    @field_validator("scales")
    @classmethod
    def _others(cls, scales: dict[str, Scale], info: ValidationInfo) -> dict[str, Scale]:
        if (own := info.data.get("scale")) in scales:
            raise ValueError(f"'{own}' is the scale of the file's own settings")
        return scales

    def at(self, scale: str) -> Study:
        """The study at one of its scales, with the seeds and methods' settings of that.

        Stand-ins, protocols and datasets' options are the plan's affair.
        """
        if scale == self.scale:
            return self
        whole, grid = self.scales[scale], []
        for entry in self.grid:
            changes = whole.of(entry.scales.get(scale))
            update = {"seeds": changes.seeds_of(entry.seeds), "methods": changes.settings_of(entry.methods)}
            grid.append(entry.model_copy(update=update))
        return self.model_copy(update={"scale": scale, "grid": tuple(grid)})


class _StudyLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml's where it is there
    """YAML that refuses a key given twice, which YAML itself would silently overwrite, and takes 1e-3 for a number."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping, refusing repeated keys."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]  # type: ignore[no-untyped-call]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key '{key}' is given twice", node.start_mark)
            if key is None or isinstance(key, bool | float):
                problem = f"the key {key!r} is no text to YAML; put it in quotes"
                raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_mapping(node, deep)

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        """A number with a point or an exponent; 1e3 is the whole number that it says."""
        value: float = super().construct_yaml_float(node)  # type: ignore[no-untyped-call]
        whole = "." not in node.value and abs(value) < LARGEST_EXACT and value.is_integer()
        return int(value) if whole else value


_StudyLoader.add_constructor("tag:yaml.org,2002:float", _StudyLoader.construct_yaml_float)
# YAML 1.1, which the parser follows, wants a point in the mantissa and a sign in the exponent; people write 1e-3.
_StudyLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def read_yaml(path: Path) -> Any:
    """What a file beside a study, or the study's own, holds: YAML as this suite reads it.

    Raises:
        InputError: if it can't be read, or gives a key twice.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_StudyLoader)
    except yaml.YAMLError as error:
        raise InputError(str(path), [f"not readable as YAML: {' '.join(str(error).split())}"]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), [f"can't be read: {error}"]) from error


def parse_study(path: Path) -> dict[str, Any]:
    """A study file as YAML says it, not yet validated.

    Raises:
        InputError: if it is no mapping, or can't be read.
    """
    raw = read_yaml(path)
    if not isinstance(raw, dict):
        raise InputError(str(path), ["must be a mapping with the keys " + ", ".join(Study.model_fields)])
    return raw


def read_study(path: Path) -> Study:
    """Read and validate one study file; keys that were spelt otherwise are told on standard error.

    Raises:
        InputError: all problems of its form at once, each naming key, value and what is allowed.
    """
    raw = parse_study(path)
    for sentence in located(path, renewed(raw)):
        print(f"note: {path}: {sentence}", file=sys.stderr)
    study: Study = validated(Study, raw, title=str(path))
    return study


def validated(model: type[BaseModel], raw: Any, *, title: str, prefix: str = "") -> Any:
    """``raw`` as an instance of ``model``.

    Raises:
        InputError: with one sentence a problem, in terms of the file's own keys below ``prefix``.
    """
    try:
        # Strict JSON: a list may stand for a tuple, but "8" never for 8, nor true for 1.
        return model.model_validate_json(json.dumps(raw, default=str))
    except ValidationError as error:
        raise InputError(title, list(dict.fromkeys(sentences(model, error, prefix)))) from error
