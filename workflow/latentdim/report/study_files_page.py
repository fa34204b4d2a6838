"""The page of all that can stand in a study file, made of the models' own types, defaults and descriptions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from pydantic import BaseModel

from latentdim import registry
from latentdim.claims.file import Entry
from latentdim.claims.kinds import KINDS
from latentdim.registry.declarations import Network
from latentdim.study.evaluation import Evaluation
from latentdim.study.example import EXAMPLE
from latentdim.study.file import Study
from latentdim.study.network import DEFAULT
from latentdim.study.protocol import Training
from latentdim.study.schema import schema_of
from latentdim.tables.markdown import pipe_table

NAME = "study-files.md"
INTRODUCTION = (
    "Written by `latentdim reference` from the models that read study files. A key without a default is required; "
    "`latentdim check` tells every mistake with its line, and `latentdim schema` prints the same as a JSON Schema for "
    "editors. This is a whole study, as `latentdim new-study` writes it:"
)
LOWEST = {
    "kind": "minimum_near", "metric": "frechet_distance", "datasets": ["synthetic_8"], "labels": ["wae"],
    "near": [6, 10],
}  # fmt: skip
BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
TYPES = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false", "object": "block"}


def study_files_page() -> str:
    """The whole page as Markdown."""
    return "\n\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# What can stand in a study file"
    yield INTRODUCTION
    yield f"```yaml\n{EXAMPLE.format(title='How many dimensions?').rstrip()}\n```"
    yield "## The file"
    yield _table(schema_of(Study))
    yield "## protocol.training"
    yield "The half that can change a trained model; a grid entry's `protocol` is laid over the study's."
    training = schema_of(Training)
    training["properties"]["network"] = {
        "type": "object", "default": {"name": DEFAULT}, "description": "a network's name and options, see below"
    }  # fmt: skip
    yield _table(training)
    yield "## protocol.evaluation"
    yield "The half that only changes how a trained model is measured; it never retrains anything."
    yield _table(schema_of(Evaluation))
    for network in registry.networks():
        yield from _kind(f"network {network.name}", f"{network.title}: {network.source}", network.options)
        if network.presets:
            yield _presets(network)
        yield _example({"protocol": {"training": {"network": {"name": network.name} | _sample(network.options)}}})
    for dataset in registry.datasets():
        names = " or ".join(f"`{name}`" for name in _names(dataset.pattern))
        by_name = f" Also by name alone, as {names}." if names else ""
        yield from _kind(f"dataset {dataset.name}", f"{dataset.title}: {dataset.source}", dataset.options, by_name)
        yield _example({"datasets": {"mine": {"kind": dataset.name} | _sample(dataset.options, required_only=True)}})
    for method in registry.methods():
        yield from _kind(f"method {method.name}", f"{method.title}: {method.source}", method.config)
        yield _example({"methods": {method.name: _sample(method.config)}})
    yield "## Metrics"
    yield f"{', '.join(f'`{name}`' for name in registry.metrics().names())}: see [metrics](metrics.md)."
    for exhibit in registry.exhibits():
        yield from _kind(f"exhibit {exhibit.name}", exhibit.title, exhibit.options)
        options = _sample(exhibit.options, required_only=True)
        yield _example(
            {"exhibits": [{"kind": exhibit.name, "name": exhibit.name} | ({"options": options} if options else {})]}
        )

    yield from _claims()


def _claims() -> Iterator[str]:
    yield "## claims.yaml"
    yield (
        "What a paper claims in words, beside its study's file: a list of such blocks. Reports show how each claim "
        "ends: `holds` or `fails` (`at reduced scale` below the paper's), `undecided` where differences lie within the "
        "spreads, fewer than two runs speak or some values lack, `not run`. A claim holds where each of its rows does. "
        "Below the papers' scale a training that isn't known to have converged (its reconstruction term still fell by "
        "more than 1 % over its last tenth, or its history can't tell) decides nothing, and a run that collapsed or "
        "diverged never upholds a claim, unless `collapse_counts` says that failing is what is claimed."
    )
    yield _table(schema_of(Entry))
    yield _example([{"id": "lowest_at_8", "source": "MaskAAE, Fig. 4a", "text": "It is lowest at 8.", "check": LOWEST}])
    for name, kind in KINDS.items():
        yield from _kind(f"check {name}", kind.rule().replace("``", "`"), kind)


def _presets(network: Network) -> str:
    """What papers print of a network, with the name that stands for those options."""
    lines = ["| as `name:` | stands for | for examples of | source |", "| --- | --- | --- | --- |"]
    for preset in network.presets:
        options = ", ".join(f"{key}: {json.dumps(value)}" for key, value in preset.options.items())
        shape = "×".join(map(str, preset.shape))
        lines.append(
            f"| `{preset.name}` | {f'`{options}`' if options else 'the defaults'} | {shape} | {preset.source} |"
        )
    return "\n".join(lines)


def _names(pattern: str) -> list[str]:
    """A family's names as people write them: ``synthetic_<n>``; both where a part may be left out."""
    text = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern)
    part = re.fullmatch(r"(.*)\((.*)\)\?", text)
    return [part[1], part[1] + part[2]] if part else [text] if text else []


def _kind(heading: str, about: str, model: type[BaseModel], more: str = "") -> Iterator[str]:
    yield f"## {heading}"
    yield f"{about.rstrip('.')}.{more}"
    yield _table(schema_of(model))


def _example(content: Mapping[str, Any] | Sequence[Any]) -> str:
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)
    return f"```yaml\n{text.rstrip()}\n```"


def _sample(model: type[BaseModel], *, required_only: bool = False) -> dict[str, Any]:
    """Keys for an example: those with an example of their own, else the first one whose default says something."""
    fields = model.model_fields
    sample = {name: field.examples[0] for name, field in fields.items() if field.examples}
    if sample or required_only:
        return sample
    dumped = model.model_validate({}).model_dump(mode="json")
    return dict([(name, value) for name, value in dumped.items() if value not in (None, "") and name != "name"][:1])


def _table(schema: Mapping[str, Any]) -> str:
    rows = list(_rows(schema, ""))
    if not rows:
        return "It has no options."
    return pipe_table(("key", "what", "default", "meaning"), rows)


def _rows(schema: Mapping[str, Any], above: str) -> Iterator[tuple[str, str, str, str]]:
    required = schema.get("required", ())
    for name, value in schema.get("properties", {}).items():
        key = f"{above}{name}"
        block = _block(value)
        otherwise: dict[str, Any] | None = {} if value.get("type") == "object" else None
        default = "" if name in required else f"`{json.dumps(value.get('default', otherwise), ensure_ascii=False)}`"
        if block is None:
            yield f"`{key}`", _words(value), default, _told(value)
        else:
            is_list = value.get("type") == "array"
            optional = "" if name in required or "default" not in value or value["default"] is not None else "`null`"
            others = [
                _words(part) for part in value.get("anyOf", ()) if part is not block and part.get("type") != "null"
            ]
            kind = "list of blocks" if is_list else " or ".join([*others, "block"])
            yield f"`{key}`", kind, optional, _told(value, block)
            yield from _rows(block, f"{key}.0." if is_list else f"{key}.")
        for named in value.get("patternProperties", {}).values():
            yield from _rows(named, f"{key}.<name>.")


def _block(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The nested block that a key holds, by itself, in a list or as one of two."""
    for part in (value, value.get("items", {}), *value.get("anyOf", ())):
        if isinstance(part, dict) and part.get("properties"):
            return part
    return None


def _told(value: Mapping[str, Any], block: Mapping[str, Any] | None = None) -> str:
    return " ".join(str(value.get("description") or (block or {}).get("description") or "").split())


def _words(value: Mapping[str, Any]) -> str:
    """What may stand there: type, choices and bounds."""
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_words(part) for part in value["anyOf"] if part.get("type") != "null"))
    if "enum" in value or "const" in value:
        return ", ".join(f"`{choice}`" for choice in value.get("enum", [value.get("const")]))
    if value.get("type") == "array":
        return f"list of {_words(value.get('items', {})) or 'values'}"
    bounds = [f"{sign} {value[name]:g}" for name, sign in BOUNDS.items() if name in value]
    pattern = [f"matching `{value['pattern']}`"] if "pattern" in value else []
    return ", ".join([TYPES.get(str(value.get("type")), "any value"), *bounds, *pattern])
