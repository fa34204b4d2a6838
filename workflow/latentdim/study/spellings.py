"""What study files spelt otherwise in the version before: still read, with a line that says what to write.

A row is taken out with the version after the one that changed the key; from then on it is an unknown key like any
other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from latentdim import registry

LAST = "The next version refuses it"
CHOOSER = re.compile(r"best\(([^()]+)\)")  # of evaluation.checkpoint
TEXTS = frozenset({"title", "right_title", "legend", "label", "labels"})  # of an exhibit's options; no metric's name


@dataclass(frozen=True)
class Former:
    """A key as it was.

    Attributes:
        block: the dotted keys that lead to it inside a protocol, the study's or a grid entry's.
        key: its name then.
        now: its name now; empty where it is gone.
        value: of a key that is gone, the one value that made no difference; another is refused as an unknown key.
        why: of a key that is gone, the end of the sentence about it.
    """

    block: str
    key: str
    now: str = ""
    value: Any = None
    why: str = ""

    def sentence(self, place: str) -> str:
        """What to write instead; begins with the key, so that its line can be found."""
        what = f"is '{self.now}' now; rename it" if self.now else f"{self.why}; leave it out"
        return f"{place}.{self.key}: {what}. {LAST}"


@dataclass(frozen=True)
class FormerValue:
    """A value as it was.

    Attributes:
        block: as above, or, where ``exhibit`` names a kind of exhibit, inside an entry of that kind.
        key: whose value it is.
        value: how it was written then.
        now: how it is written now.
    """

    block: str
    key: str
    value: str
    now: str
    exhibit: str = ""


FORMER = (Former("training", "ensemble", value=False, why="could only be false and is gone"),)
VALUES = (
    FormerValue("evaluation", "inactive", "rest", "inactive_value"),
    FormerValue("evaluation.distribution", "features", "domain", "classifier"),
    FormerValue("options", "base", "rest", "inactive_value", exhibit="traversal"),
)


def renewed(
    raw: dict[str, Any], former: Sequence[Former] = FORMER, values: Sequence[FormerValue] = VALUES
) -> list[str]:
    """Bring a study file, as YAML says it, into the present spelling, in place.

    Returns:
        A sentence for each key, value and metric that was spelt otherwise.
    """
    return [*_keys(raw, former), *_values(raw, values), *_metrics(raw, registry.renamed_metrics())]


def as_before(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the evaluation half, nested as in a protocol, spelt as in the version before."""
    before = {name: dict(value) if isinstance(value, dict) else value for name, value in settings.items()}
    for value in VALUES:
        block = None if value.exhibit else _block({"evaluation": before}, value.block)
        if block is not None and block.get(value.key) == value.now:
            block[value.key] = value.value
    chooser = CHOOSER.fullmatch(str(before.get("checkpoint")))
    then = {now: earlier for earlier, now in registry.renamed_metrics().items()}
    if chooser and chooser[1] in then:
        before["checkpoint"] = f"best({then[chooser[1]]})"
    return before


def _keys(raw: dict[str, Any], former: Sequence[Former]) -> Iterator[str]:
    for place, protocol in _protocols(raw):
        for old in former:
            block, where = _block(protocol, old.block), f"{place}.{old.block}"
            if block is None or old.key not in block or (old.now and old.now in block):
                continue
            if old.now:
                block[old.now] = block.pop(old.key)
            elif block[old.key] is old.value:
                del block[old.key]
            else:
                continue
            yield old.sentence(where)


def _values(raw: dict[str, Any], values: Sequence[FormerValue]) -> Iterator[str]:
    for old in values:
        for place, whole in _entries(raw, "exhibits") if old.exhibit else _protocols(raw):
            block = _block(whole, old.block) if not old.exhibit or whole.get("kind") == old.exhibit else None
            if block is not None and block.get(old.key) == old.value:
                block[old.key] = old.now
                yield f"{place}.{old.block}.{old.key}: '{old.value}' is '{old.now}' now; write that. {LAST}"


def _metrics(raw: dict[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    """Metrics wherever a study names some: in lists of metrics, as what chooses weights, and in exhibits' options."""
    for place, block in (("", raw), *((f"{place}.", entry) for place, entry in _entries(raw, "grid"))):
        yield from _renamed(block, ("metrics",), place, names)
    for place, protocol in _protocols(raw):
        evaluation = _block(protocol, "evaluation") or {}
        chooser = CHOOSER.fullmatch(str(evaluation.get("checkpoint")))
        if chooser and chooser[1] in names:
            evaluation["checkpoint"] = f"best({names[chooser[1]]})"
            yield _metric_sentence(f"{place}.evaluation.checkpoint", chooser[1], names)
    for place, exhibit in _entries(raw, "exhibits"):
        yield from _renamed(exhibit, ("options",), f"{place}.", names)


def _renamed(block: Any, keys: Sequence[str | int], place: str, names: Mapping[str, str]) -> Iterator[str]:
    """Below these keys or positions of a block: values and keys that are a metric's former name."""
    for key in keys:
        value = block.get(key) if isinstance(block, dict) else block[key]
        if isinstance(value, str) and value in names:
            block[key] = names[value]
            yield _metric_sentence(f"{place}{key}", value, names)
        elif isinstance(value, list):
            yield from _renamed(value, range(len(value)), f"{place}{key}.", names)
        elif isinstance(value, dict):
            for old in [name for name in value if name in names and names[name] not in value]:
                value[names[old]] = value.pop(old)
                yield _metric_sentence(f"{place}{key}.{old}", old, names)
            yield from _renamed(value, [name for name in value if name not in TEXTS], f"{place}{key}.", names)


def _metric_sentence(place: str, name: str, names: Mapping[str, str]) -> str:
    return f"{place}: the metric '{name}' is '{names[name]}' now; write that. {LAST}"


def _protocols(raw: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "protocol", raw.get("protocol")
    yield from ((f"{place}.protocol", entry.get("protocol")) for place, entry in _entries(raw, "grid"))


def _entries(raw: dict[str, Any], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The blocks of a list of the study, each with its place."""
    entries = raw.get(key)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield f"{key}.{index}", entry


def _block(whole: Any, dotted: str) -> dict[str, Any] | None:
    for key in dotted.split("."):
        whole = whole.get(key) if isinstance(whole, dict) else None
    return whole if isinstance(whole, dict) else None
