"""Sweeps: one grid entry that tries several values of a setting, as ``beta: {sweep: [0.1, 1, 4]}``. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from pydantic import BaseModel

KEY = "sweep"


@dataclass(frozen=True)
class Swept:
    """One value of a sweep: the setting's dotted name, the value, and its place in the list."""

    setting: str
    value: Any
    index: int


@dataclass(frozen=True)
class Variant:
    """A method's settings with one value for each sweep in them."""

    settings: dict[str, Any]
    values: tuple[Swept, ...] = ()

    def label(self, stem: str) -> str:
        """The row label, made of the values: ``vae beta=0.1``; the stem alone where nothing is swept."""
        return " ".join([stem, *(f"{one.setting}={_worded(one.value)}" for one in self.values)])

    def stand_ins(self, config: BaseModel, names: Iterable[str]) -> Iterator[str]:
        """``stop_features=classifier`` for each of these settings that isn't its default and isn't swept."""
        swept = {one.setting for one in self.values}
        for name in names:
            value = getattr(config, name)
            if name not in swept and value != type(config).model_fields[name].default:
                yield f"{name}={_worded(value)}"

    def located(self, problem: str, where: str) -> str:
        """A sentence about a setting below ``where``, told of the value in the sweep's list."""
        for one in self.values:
            key = f"{where}.{one.setting}"
            if problem.startswith((f"{key} ", f"{key}:", f"{key}.")):
                return f"{key}.{KEY}.{one.index}{problem[len(key) :]}"
        return problem


def as_sweep(problem: str, settings: dict[str, Any], where: str) -> str:
    """A refusal of a block below ``where`` that stands in place of a value, told as the misspelt sweep that it is."""
    for setting, block in _blocks(settings):
        key = f"{where}.{setting}"
        misspelt = difflib.get_close_matches(KEY, map(str, block), n=1)
        if misspelt and problem.startswith((f"{key}:", f"{key} ")):
            return f"{key}.{misspelt[0]}: unknown key; did you mean '{KEY}'?"
    return problem


def variants(given: dict[str, Any], where: str) -> tuple[list[Variant], list[str]]:
    """Settings with sweeps as settings without: all combinations, the last sweep's values side by side.

    Returns:
        The variants, and sentences about sweeps that are none; then there is no variant.
    """
    sweeps = dict(_sweeps(given))
    problems = [problem for setting, block in sweeps.items() for problem in _no_sweep(block, f"{where}.{setting}")]
    if problems:
        return [], problems
    choices = [
        [Swept(setting, value, index) for index, value in enumerate(block[KEY])] for setting, block in sweeps.items()
    ]
    return [Variant(_filled(given, values), values) for values in product(*choices)], []


def _sweeps(settings: dict[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each block that holds a sweep, by the setting's dotted name."""
    for key, value in settings.items():
        if isinstance(value, dict) and KEY in value:
            yield f"{above}{key}", value
        elif isinstance(value, dict):
            yield from _sweeps(value, f"{above}{key}.")


def _blocks(settings: dict[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every block, by the setting's dotted name."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield f"{above}{key}", value
            yield from _blocks(value, f"{above}{key}.")


def _no_sweep(block: dict[str, Any], where: str) -> Iterator[str]:
    values = block[KEY]
    if not isinstance(values, list):
        yield f"{where}.{KEY} = {values!r}: should be a list of values"
    elif not values:
        yield f"{where}.{KEY}: must not be empty"
    yield from (f"{where}.{other}: unknown key beside '{KEY}'" for other in block if other != KEY)


def _filled(settings: dict[str, Any], values: Sequence[Swept]) -> dict[str, Any]:
    chosen = {one.setting: one.value for one in values}

    def fill(block: dict[str, Any], above: str) -> dict[str, Any]:
        filled = {}
        for key, value in block.items():
            place = f"{above}{key}"
            inner = fill(value, f"{place}.") if isinstance(value, dict) and place not in chosen else value
            filled[key] = chosen.get(place, inner)
        return filled

    return fill(settings, "")


def _worded(value: Any) -> str:
    """A value as a label shows it: the shortest number that is the same one, else as YAML writes it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return "-".join(map(_worded, value)) if isinstance(value, list) else str(value)
