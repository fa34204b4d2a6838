"""The JSON Schema of study files, which editors complete and check by; made of the registered kinds' own options.

It knows less than ``latentdim check``: nothing of what settings have to do with each other or with the data.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from latentdim import registry
from latentdim.registry.declarations import Network
from latentdim.study.evaluation import Evaluation
from latentdim.study.file import Study
from latentdim.study.protocol import Training
from latentdim.study.sweeps import KEY

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def study_schema() -> Schema:
    """The schema of a whole study file."""
    whole = schema_of(Study)
    properties = whole["properties"]
    entry, exhibit = properties["grid"]["items"], properties["exhibits"]
    properties["protocol"] = entry["properties"]["protocol"] = _protocol()
    properties["metrics"] = entry["properties"]["metrics"] = _metrics()
    properties["datasets"]["additionalProperties"] = {"anyOf": [_dataset(kind) for kind in registry.datasets()]}
    entry["properties"]["methods"] |= {
        "properties": {
            method.name: {"anyOf": [_sweepable(method.config), {"type": "null"}]} for method in registry.methods()
        },
        "additionalProperties": False,
    }
    exhibit["items"] = {"anyOf": [_exhibit(exhibit["items"], kind) for kind in registry.exhibits()]}
    return {"$schema": DIALECT, "title": "latentdim study", **whole}


def schema_of(model: type[BaseModel]) -> Schema:
    """A model's schema, with the blocks inside it in their places and not by reference."""
    schema = model.model_json_schema()
    inner = schema.pop("$defs", {})
    filled: Schema = _filled(schema, inner)
    return filled


def _filled(part: Any, inner: Schema) -> Any:
    if isinstance(part, list):
        return [_filled(item, inner) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        rest = {key: value for key, value in part.items() if key != "$ref"}
        return _filled(inner[part["$ref"].rpartition("/")[2]] | rest, inner)
    # Our alternatives never overlap, so one of them is any of them, which is the word that the rest looks for.
    return {"anyOf" if key == "oneOf" else key: _filled(value, inner) for key, value in part.items()}


def _protocol() -> Schema:
    """Both halves; nothing is required, since a grid entry's protocol is laid over the study's."""
    training, evaluation = _optional(schema_of(Training)), _optional(schema_of(Evaluation))
    training["properties"]["network"] = {"anyOf": [_network(one) for one in registry.networks()]}
    halves = {"name": {"type": "string"}, "training": training, "evaluation": evaluation}
    return {"type": "object", "properties": halves, "additionalProperties": False}


def _network(network: Network) -> Schema:
    """A network's block, which may also be named by a preset."""
    schema = _optional(schema_of(network.options))
    names = [network.name, *(preset.name for preset in network.presets)]
    return schema | {"properties": schema["properties"] | {"name": {"enum": names, "default": network.name}}}


def _optional(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "required"}


def _metrics() -> Schema:
    name: Schema = {"enum": registry.metrics().names()}
    axes = {"enum": ["all", "active", "jacobian"]}
    block = {"type": "object", "properties": {"name": name, "axes": axes}, "required": ["name"]}
    return {"type": "array", "minItems": 1, "items": {"anyOf": [name, block | {"additionalProperties": False}]}}


def _dataset(kind: Any) -> Schema:
    options = schema_of(kind.options)
    options["properties"] = {"kind": {"const": kind.name}} | options.get("properties", {})
    options["required"] = ["kind", *options.get("required", [])]
    return options


def _sweepable(model: type[BaseModel]) -> Schema:
    """A method's settings, each also as a sweep."""
    settings = schema_of(model)
    properties = settings.get("properties", {})
    settings["properties"] = {name: {"anyOf": [value, _sweep(value)]} for name, value in properties.items()}
    return settings


def _sweep(value: Schema) -> Schema:
    values = {"type": "array", "items": value, "minItems": 1}
    return {"type": "object", "properties": {KEY: values}, "required": [KEY], "additionalProperties": False}


def _exhibit(entry: Schema, kind: Any) -> Schema:
    properties = entry["properties"] | {"kind": {"const": kind.name}, "options": schema_of(kind.options)}
    if "metrics" in properties["options"].get("properties", {}):
        properties["options"]["properties"]["metrics"] = _metrics()
    return entry | {"properties": properties}
