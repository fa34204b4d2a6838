"""Where a value of the protocol holds, in words that tell it from the other values' places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from latentdim.plan.run import Cell, Run

Place = tuple[str, str, str]  # dataset, row label, and what else tells its runs from those of another value


def places_by_value(cells: Mapping[str, Sequence[Cell]], runs: Iterable[Run]) -> dict[str, list[Place]]:
    """The places of each value, given by its cells; one dataset and label with several values is told apart by runs.

    By their latent dimensions, ``L = 3, 10``, where no two values share any, else by their seeds likewise.
    """
    runs_of: dict[int, list[Run]] = {}
    for run in runs:
        runs_of.setdefault(id(run.cell), []).append(run)
    behind: dict[str, dict[tuple[str, str], list[Run]]] = {}
    for value, those in cells.items():
        for cell in those:
            own = behind.setdefault(value, {}).setdefault((cell.dataset.name, cell.label), [])
            own += runs_of.get(id(cell), [])
    return {
        value: [
            (*place, _apart(own, [other[place] for key, other in behind.items() if key != value and place in other]))
            for place, own in here.items()
        ]
        for value, here in behind.items()
    }


def _apart(own: Sequence[Run], others: Sequence[Sequence[Run]]) -> str:
    """What tells some runs from all others; empty where there are none, or nothing does."""
    if not others:
        return ""
    for word, number in (("L =", lambda run: run.dim), ("seed", lambda run: run.seed)):
        numbers = {number(run) for run in own}
        if numbers and numbers.isdisjoint(number(run) for those in others for run in those):
            return f"{word} {', '.join(map(str, sorted(numbers)))}"
    return ""


def shortened(places: Iterable[Place], everywhere: set[Place]) -> Iterator[str]:
    """Datasets, or else row labels, where they say it all; what they don't is spelled out."""
    here = dict.fromkeys(places)
    for index in (0, 1):
        whole = {word: {place for place in everywhere if place[index] == word} for word in {p[index] for p in here}}
        if all(meant <= set(here) for meant in whole.values()):
            yield from dict.fromkeys(place[index] for place in here)
            return
    datasets = {place[0] for place in here if all(p in here for p in everywhere if p[0] == place[0])}
    yield from dict.fromkeys(place[0] if place[0] in datasets else " ".join(filter(None, place)) for place in here)
