"""Runs that a grid asks for twice, and different runs that tables couldn't tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from latentdim.plan.run import Run
from latentdim.plan.search import Search

Placed = Sequence[tuple[Run, str]]  # each run with the key of its grid entry in the study file


def repeated(runs: Placed) -> Iterator[str]:
    """A sentence for each run that is listed twice."""
    first: dict[str, str] = {}
    for run, place in runs:
        if run.path in first:
            elsewhere = "" if place == first[run.path] else f", in {first[run.path]} too"
            name = run.path.removeprefix("runs/")
            yield f"{place}: the run {name} is asked for twice{elsewhere}; each must appear once"
        first.setdefault(run.path, place)


def searched_twice(searches: Sequence[tuple[Search, str]]) -> Iterator[str]:
    """A sentence for each search that appears twice. Different ones may go over the same runs."""
    first: dict[tuple[object, ...], str] = {}
    for search, place in searches:
        key = (search.cell.dataset.name, search.cell.method.name, search.cell.key, search.seed, search.dims)
        if key in first:
            yield f"{place}.dims: {search.title}, is asked for twice, in {first[key]} too"
        first.setdefault(key, place)


def ambiguous(runs: Placed) -> Iterator[str]:
    """A sentence for each row label under which runs with different settings would stand, at the last one's place."""
    settings: dict[tuple[str, str, int], dict[str, str]] = {}
    for run, place in runs:
        row = (run.cell.dataset.name, run.cell.label, run.dim)
        settings.setdefault(row, {}).setdefault(run.path.rpartition("/")[0], place)
    for (dataset, label, dim), those in settings.items():
        if len(those) > 1:
            first, *_, last = those.values()
            elsewhere = "" if first == last else f", in {first} too"
            yield (
                f"{last}: '{label}' on '{dataset}' at L = {dim} has {len(those)} different settings{elsewhere}; give "
                "the grid entries different 'label's"
            )
