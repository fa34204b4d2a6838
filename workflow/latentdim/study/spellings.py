"""Keys that study files spelt otherwise in the version before: still read, with a line that says what to write.

A row is taken out with the version after the one that changed the key; from then on it is an unknown key like any
other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


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
        return f"{place}.{self.key}: {what}. The next version refuses it"


FORMER = (Former("training", "ensemble", value=False, why="could only be false and is gone"),)


def renewed(raw: dict[str, Any], former: Sequence[Former] = FORMER) -> list[str]:
    """Bring the keys of a study file, as YAML says it, into their present spelling, in place.

    Returns:
        A sentence for each that was spelt otherwise.
    """
    sentences = []
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
            sentences.append(old.sentence(where))
    return sentences


def _protocols(raw: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "protocol", raw.get("protocol")
    entries = raw.get("grid")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield f"grid.{index}.protocol", entry.get("protocol")


def _block(protocol: Any, dotted: str) -> dict[str, Any] | None:
    for key in dotted.split("."):
        protocol = protocol.get(key) if isinstance(protocol, dict) else None
    return protocol if isinstance(protocol, dict) else None
