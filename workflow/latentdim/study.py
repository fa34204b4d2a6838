"""Study files: their typed form, and reading them with every problem told in one go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel, BeforeValidator, Field, PositiveFloat, PositiveInt, StrictInt, ValidationError
from pydantic_core import ErrorDetails

from latentdim.declarations import Strict
from latentdim.problems import InputError, nearest
from latentdim.protocol import Axes

STUDIES = Path("workflow/studies")


class MetricRequest(Strict):
    """One metric, on one choice of axes (the protocol's where none is named)."""

    name: str
    axes: Axes | None = None


def _requests(value: Any) -> Any:
    # A tuple, since what a validator returns is no longer JSON, where a list may stand for one.
    return (
        tuple({"name": item} if isinstance(item, str) else item for item in value) if isinstance(value, list) else value
    )


Metrics = Annotated[tuple[MetricRequest, ...], BeforeValidator(_requests), Field(min_length=1)]


class GridEntry(Strict):
    """datasets × methods × dims × seeds, under one protocol."""

    datasets: tuple[str, ...] = Field(min_length=1)
    methods: dict[str, dict[str, Any] | None] = Field(min_length=1, description="name → its settings")
    dims: tuple[Annotated[StrictInt, Field(ge=1)], ...] = Field(min_length=1, description="initial latent dimensions")
    seeds: (
        Annotated[StrictInt, Field(ge=1)]
        | Annotated[tuple[Annotated[StrictInt, Field(ge=0)], ...], Field(min_length=1)]
    ) = 1
    label: str | None = Field(None, description="row label in tables, where one method appears with several settings")
    protocol: dict[str, Any] = Field(default_factory=dict, description="laid over the study's protocol")
    metrics: Metrics | None = Field(None, description="instead of the study's metrics")

    @property
    def seed_list(self) -> tuple[int, ...]:
        """The seeds, 0 … n − 1 where a number was given."""
        return tuple(range(self.seeds)) if isinstance(self.seeds, int) else self.seeds


class ExhibitEntry(Strict):
    """A table or figure: its kind, its file name, and the kind's own options."""

    kind: str
    name: str = Field(pattern=r"^[a-z0-9_]+$", description="file name under reports/<study>/")
    title: str = ""
    options: dict[str, Any] = Field(default_factory=dict)


class Execution(Strict):
    """How the runs are carried out; nothing here can change a number."""

    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="cuda refuses where there is none; auto falls back with a note"
    )
    pack_minutes: PositiveFloat = Field(2.0, description="estimated work that one job should carry at least")
    pack_size: PositiveInt = Field(16, description="most runs in one job")


class Study(Strict):
    """One study file."""

    title: str
    question: str = ""
    scale: Literal["paper", "reduced"] = Field(
        "reduced", description="reduced: never compared with the papers' numbers as equals"
    )
    in_all: bool = Field(True, description="part of the target `all`")
    datasets: dict[str, dict[str, Any]] = Field(default_factory=dict, description="name → kind and options")
    protocol: dict[str, Any]
    grid: tuple[GridEntry, ...] = Field(min_length=1)
    metrics: Metrics
    exhibits: tuple[ExhibitEntry, ...] = ()
    execution: Execution = Execution()


def study_names(root: Path = STUDIES) -> list[str]:
    """Names of all studies: the folders that hold a ``study.yaml``."""
    return sorted(path.parent.name for path in root.glob("*/study.yaml"))


def study_path(name: str, root: Path = STUDIES) -> Path:
    """The file of a study given by name, or by the path of its file or folder.

    Raises:
        InputError: naming the nearest known study.
    """
    direct = Path(name)
    if direct.suffix in {".yaml", ".yml"} and direct.is_file():
        return direct
    if (direct / "study.yaml").is_file():
        return direct / "study.yaml"
    if name not in study_names(root):
        raise InputError("the command line", [f"'{name}' is not a study{nearest(name, study_names(root))}"])
    return root / name / "study.yaml"


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML that refuses a key given twice, which YAML itself would silently overwrite."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping, refusing repeated keys."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]  # type: ignore[no-untyped-call]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key '{key}' is given twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_study(path: Path) -> Study:
    """Read and validate one study file.

    Raises:
        InputError: all problems at once, each naming key, value and what is allowed.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)
    except yaml.YAMLError as error:
        raise InputError(str(path), [f"not readable as YAML: {' '.join(str(error).split())}"]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), [f"can't be read: {error}"]) from error
    if not isinstance(raw, dict):
        raise InputError(str(path), ["must be a mapping with the keys " + ", ".join(Study.model_fields)])
    return validated(Study, raw, title=str(path))


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


def sentences(model: type[BaseModel], error: ValidationError, prefix: str = "") -> Iterator[str]:
    """Pydantic's findings as sentences: key = value: what is allowed; did you mean."""
    for finding in _telling(error.errors()):
        key = _key(finding, prefix)
        if finding["type"] == "extra_forbidden":
            allowed = _fields_at(model, finding["loc"][:-1])
            yield f"{key}: unknown key{nearest(str(finding['loc'][-1]), allowed)}"
        elif finding["type"] == "missing":
            yield f"{key}: this key is required"
        elif finding["type"] == "too_short":
            yield f"{key}: must not be empty"
        else:
            message = re.sub(r"^(Value error, |Input )", "", finding["msg"])
            shown = finding["input"]
            value = f" = {shown!r}" if isinstance(shown, str | int | float | bool | list) else ""
            yield f"{key}{value if len(value) < 80 else ''}: {message[:1].lower() + message[1:]}"


def _telling(findings: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """The findings that tell something: a container is called too short when its items have problems, and a value that
    fits one alternative of a union but for its range also "fits" no other."""
    places = [_place(finding) for finding in findings]
    for index, (finding, place) in enumerate(zip(findings, places, strict=True)):
        inside = any(other[: len(place)] == place and len(other) > len(place) for other in places)
        same = [other for other, where in zip(findings, places, strict=True) if where == place]
        first = same[0] is finding or places.index(place) == index
        if finding["type"] == "too_short" and inside:
            continue
        if len(same) > 1 and finding["type"].endswith("_type") and (not first or not same[1]["type"].endswith("_type")):
            continue
        yield finding


def _place(finding: ErrorDetails) -> tuple[str | int, ...]:
    return tuple(part for part in finding["loc"] if not _is_union_tag(part))


def _key(finding: ErrorDetails, prefix: str) -> str:
    return ".".join([*([prefix] if prefix else []), *map(str, _place(finding))]) or "the file"


def _is_union_tag(part: str | int) -> bool:
    return isinstance(part, str) and (
        part.startswith(("constrained-", "tuple[", "int", "function-")) or part in {"mlp", "ard_conv"}
    )


def _fields_at(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """The keys allowed at a place of a nested model; several where the place is a union of models."""
    here: list[Any] = [model]
    for part in location:
        inside = (
            [f.annotation for m in here for n, f in m.model_fields.items() if n == part]
            if isinstance(part, str)
            else []
        )
        if inside:
            here = [candidate for annotation in inside for candidate in _models_in(annotation)]
        elif isinstance(part, str) and any(_tag(m) == part for m in here):
            here = [m for m in here if _tag(m) == part]
    return sorted({name for m in here for name in m.model_fields})


def _tag(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("name")
    return str(field.default) if field is not None and get_origin(field.annotation) is Literal else None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        for argument in get_args(annotation):
            yield from _models_in(argument)
