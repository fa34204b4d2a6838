"""Identity: short hashes of what can change a number, and nothing else.

Only what differs from the defaults is hashed, beside the declared versions. So a new setting at its default, another
plugin, or a default written out by hand changes no identity, and a default that changes needs a new version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python


def digest(value: Any, length: int = 12) -> str:
    """Hexadecimal hash of a JSON-able value, independent of the order of keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def differences(model: BaseModel, *, leave_out: Collection[str] = ()) -> dict[str, Any]:
    """The fields of a model that differ from their defaults, as JSON, nested models likewise.

    A field without a default is always there. A nested model is compared with its class's own defaults; a member of a
    union says which one it is by its tag, a field that admits one literal only (``name: Literal["mlp"]``). Tuples and
    lists are alike, and so are 1 and 1.0; True and 1 are not.

    Args:
        leave_out: names of the model's own fields that don't count.

    Raises:
        TypeError: if a field admits several models and one of them has no tag: their settings could be mistaken.
    """
    defaults = _defaults(type(model))
    values = {name: plain(getattr(model, name)) for name in defaults if name not in leave_out}
    return {name: value for name, value in values.items() if _text(value) != defaults[name]}


def default_of(field: FieldInfo) -> Any:
    """What a field that isn't required holds where nothing is given."""
    return field.get_default(call_default_factory=True, validated_data={})


def plain(value: Any) -> Any:
    """A setting as JSON in one form for all ways to write it; a model as its tag and what differs from its defaults."""
    if isinstance(value, BaseModel):
        return {name: plain(getattr(value, name)) for name in tags(type(value))} | differences(value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(entry) for key, entry in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=_text)
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    return to_jsonable_python(value)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field's type admits, inside unions, tuples and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        for argument in get_args(annotation):
            yield from models_in(argument)


@cache
def _defaults(kind: type[BaseModel]) -> dict[str, str | None]:
    """Each field's default as text; None, which is no JSON, where it has none."""
    for name, field in kind.model_fields.items():
        members = list(models_in(field.annotation))
        untagged = [member.__name__ for member in members if not tags(member)]
        if len(members) > 1 and untagged:
            raise TypeError(f"{kind.__name__}.{name} admits several models, of which {untagged[0]} has no tag")
    fields = kind.model_fields.items()
    return {name: None if field.is_required() else _text(plain(default_of(field))) for name, field in fields}


@cache
def tags(kind: type[BaseModel]) -> tuple[str, ...]:
    """The fields of a model that admit one literal only."""
    annotations = {name: field.annotation for name, field in kind.model_fields.items()}
    literal = [name for name, annotation in annotations.items() if get_origin(annotation) is Literal]
    return tuple(name for name in literal if len(get_args(annotations[name])) == 1)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
