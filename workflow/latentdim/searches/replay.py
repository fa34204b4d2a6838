"""A search as a dialogue: it asks for sizes, is told their values, and ends with the size it settles on.

Played again from its beginning over whatever is known by now, it names the size that is lacking. So it needs no memory
of its own: it resumes from finished runs alone, and a size that is known already costs nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from math import inf

# Yields sizes, is sent the value of each, and returns the size that it settles on: None where no value is finite.
# Lower values are better; a size whose run has none, since it diverged, is infinitely bad.
Dialogue = Generator[int, float, int | None]


@dataclass(frozen=True)
class Progress:
    """How far a search is.

    Attributes:
        asked: the different sizes that it asked for, in order; the last one is ``next`` where there is one.
        next: the size whose value it waits for; None once it is over.
        settled: the size that it ends with; None before that, and where no size has a finite value.
    """

    asked: tuple[int, ...]
    next: int | None = None
    settled: int | None = None


def replayed(search: Dialogue, values: Mapping[int, float]) -> Progress:
    """How far a search gets with the values of some sizes."""
    asked: dict[int, None] = {}
    try:
        size = next(search)
        while size in values:
            asked[size] = None
            size = search.send(values[size])
    except StopIteration as end:
        return Progress(tuple(asked), settled=end.value)
    return Progress((*asked, size), next=size)


def best(values: Mapping[int, float]) -> int | None:
    """The size of the lowest value, the smallest one among equals; None where none is finite."""
    finite = {size: value for size, value in values.items() if value < inf}
    return min(finite, key=lambda size: (finite[size], size), default=None)
