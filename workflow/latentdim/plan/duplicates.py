"""Runs that a grid asks for twice, and different runs that tables couldn't tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from latentdim.plan.plan import Run


def repeated(runs: Sequence[Run], places: Sequence[str]) -> Iterator[str]:
    """A sentence for each run that appears twice.

    Args:
        places: the key of each run's grid entry in the study file.
    """
    first: dict[str, str] = {}
    for run, place in zip(runs, places, strict=True):
        if run.path in first:
            elsewhere = "" if place == first[run.path] else f", in {first[run.path]} too"
            name = run.path.removeprefix("runs/")
            yield f"{place}: the run {name} is asked for twice{elsewhere}; each must appear once"
        first.setdefault(run.path, place)


def ambiguous(runs: Sequence[Run], places: Sequence[str]) -> Iterator[str]:
    """A sentence for each row label under which runs with different settings would stand, at the last one's place."""
    settings: dict[tuple[str, str, int], dict[str, str]] = {}
    for run, place in zip(runs, places, strict=True):
        row = (run.cell.dataset.name, run.cell.label, run.dim)
        settings.setdefault(row, {}).setdefault(run.path.rpartition("/")[0], place)
    for (dataset, label, dim), those in settings.items():
        if len(those) > 1:
            last = list(those.values())[-1]
            yield (
                f"{last}: '{label}' on '{dataset}' at L = {dim} has {len(those)} different settings; give the grid "
                "entries different 'label's"
            )
