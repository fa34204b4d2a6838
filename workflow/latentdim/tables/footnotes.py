"""Footnotes of a table: each reason once, with its letter and all that it holds for."""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from latentdim.outcomes.troubles import SharedReason, Trouble, alike, by_reason
from latentdim.tables.model import Footnote

MOST_PLACES = 3  # that a note names; all of them have its letter anyway


def noted(kind: str, places: Sequence[str]) -> SharedReason:
    """What is said of several places of a table, with the first few of them."""
    more = len(places) - MOST_PLACES
    named = [*places[:MOST_PLACES], f"{more} more"] if more > 1 else places
    return SharedReason(kind, kind.rstrip("."), tuple(named))


@dataclass(frozen=True)
class Footnotes:
    """Reasons in the order of their letters."""

    reasons: tuple[SharedReason, ...]

    @classmethod
    def of(cls, notes: Iterable[SharedReason], troubles: Iterable[Trouble]) -> Footnotes:
        """What is noted about rows, then every trouble; those that are alike stand under one letter."""
        return cls((*notes, *by_reason(dict.fromkeys(troubles))))

    def marks(self, troubles: Iterable[Trouble] = (), notes: Iterable[str] = ()) -> tuple[str, ...]:
        """The letters of troubles and of notes, each once."""
        letters = {reason.kind: _letters(index) for index, reason in enumerate(self.reasons)}
        kinds = (*notes, *map(alike, troubles))
        return tuple(dict.fromkeys(letters[kind] for kind in kinds))

    def listed(self) -> tuple[Footnote, ...]:
        """All of them with their letters."""
        return tuple(Footnote(_letters(index), reason.sentence) for index, reason in enumerate(self.reasons))


def _letters(index: int) -> str:
    """a … z, aa, ab …"""
    letters = string.ascii_lowercase
    return letters[index] if index < 26 else _letters(index // 26 - 1) + letters[index % 26]
