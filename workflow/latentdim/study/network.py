"""The protocol's network block: the name of a registered network, or of a preset of one, and its options."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from latentdim import registry
from latentdim.registry.declarations import NetworkOptions
from latentdim.study.messages import keys_at

DEFAULT = "mlp"


def default_network() -> NetworkOptions:
    """The network of a protocol that names none."""
    return registry.networks().get(DEFAULT).options()  # type: ignore[call-arg]  # each network's has all defaults


def _chosen(value: Any, info: ValidationInfo) -> NetworkOptions:
    """The options of the network that a block names, read as strictly as the protocol around it."""
    if isinstance(value, NetworkOptions):
        return value
    if not isinstance(value, dict):
        raise PydanticCustomError("network", "should be a network's name and its options")
    name = value.get("name", DEFAULT)
    network = registry.networks().find(name) if isinstance(name, str) else None
    if network is None:
        presets = registry.presets()
        if not isinstance(name, str) or name not in presets:
            message = f"not a network{registry.networks().hint(str(name), also=presets)}"
            raise _refusal((("name",), PydanticCustomError("network", "{message}", {"message": message}), name))
        network, preset = presets[name]
        value = {**preset.options, **value, "name": network.name}
    options = network.options
    try:
        if info.mode == "json":  # where a list may stand for a tuple
            return options.model_validate_json(json.dumps(value))
        return options.model_validate(value)
    except ValidationError as error:
        raise _as_told(options, error) from error


def _as_told(options: type[NetworkOptions], error: ValidationError) -> ValidationError:
    """The same findings in pydantic's words; unknown keys with the known ones, which no type of the protocol names."""
    return _refusal(*((finding["loc"], _kind(options, finding), finding["input"]) for finding in error.errors()))


def _kind(options: type[NetworkOptions], finding: ErrorDetails) -> PydanticCustomError:
    context: dict[str, Any] = {"message": finding["msg"]}
    if finding["type"] == "extra_forbidden":
        context["allowed"] = keys_at(options, finding["loc"][:-1])
    return PydanticCustomError(finding["type"], "{message}", context)  # type: ignore[arg-type]


def _refusal(*findings: tuple[tuple[str | int, ...], PydanticCustomError, Any]) -> ValidationError:
    """An error whose findings stand at their places below the network block."""
    details: list[InitErrorDetails] = [{"loc": loc, "type": kind, "input": value} for loc, kind, value in findings]
    return ValidationError.from_exception_data("network", details)


NetworkBlock = Annotated[SerializeAsAny[NetworkOptions], BeforeValidator(_chosen)]
