"""The runs that an exhibit of pictures shows, and what each has stored for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentdim.exhibits.context import Context, ExhibitRefused
from latentdim.exhibits.declared.options import RunOptions, SeedOptions
from latentdim.exhibits.examples import read_examples
from latentdim.outcomes.outcomes import Outcome
from latentdim.outcomes.wording import worded
from latentdim.records.status import Status


@dataclass(frozen=True)
class Stored:
    """What one run has to show, or the word that stands instead.

    Attributes:
        arrays: by name; empty where something stands instead.
        instead: a word or two for an empty panel.
        note: a sentence where there is nothing, or where the run isn't sound.
    """

    outcome: Outcome
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    instead: str = ""
    note: str = ""

    def active(self, rule: str) -> NDArray[np.bool_]:
        """Which axes count by that rule, ``(L,)``."""
        return self.arrays[f"active_{rule}"].astype(bool)


def stored(context: Context, outcome: Outcome, names: Sequence[str]) -> Stored:
    """The arrays of these names that a run has stored, with a note where they aren't there or it isn't sound."""
    title, status = outcome.run.title, str(outcome.status).replace("_", " ")
    told = f"{title}: {status}{f', {worded(outcome.reason)}' if outcome.reason else ''}."
    try:
        arrays = read_examples(context.plan.folder(outcome.run) / outcome.run.cell.examples_file)
    except ValueError as error:
        return Stored(outcome, instead="unreadable", note=f"{title}: the examples can't be read ({error}).")
    if arrays is None and outcome.status is Status.OK:
        return Stored(outcome, instead="no examples", note=f"{title}: no examples are stored.")
    if arrays is None:
        return Stored(outcome, instead=status, note=told)
    lacking = [name for name in names if name not in arrays]
    if lacking:
        return Stored(outcome, instead="not stored", note=f"{title}: its examples hold no '{lacking[0]}'.")
    return Stored(outcome, arrays, note="" if outcome.status is Status.OK else told)


def chosen(context: Context, options: SeedOptions) -> list[Outcome]:
    """The runs of the grid that the options name.

    Raises:
        ExhibitRefused: if there are none.
    """
    named = [
        outcome
        for outcome in context.outcomes
        if outcome.run.seed == options.seed
        and (not options.datasets or outcome.run.cell.dataset.name in options.datasets)
        and (not options.labels or outcome.run.cell.label in options.labels)
        and (not options.dims or outcome.run.dim in options.dims)
    ]
    if not named:
        raise ExhibitRefused(f"no run of the grid has these datasets, labels and dimensions at seed {options.seed}")
    return named


def one(context: Context, options: RunOptions) -> Outcome:
    """The run at these coordinates.

    Raises:
        ExhibitRefused: if the grid has none.
    """
    coordinates = (options.dataset, options.label, options.dim, options.seed)
    for outcome in context.outcomes:
        run = outcome.run
        if (run.cell.dataset.name, run.cell.label, run.dim, run.seed) == coordinates:
            return outcome
    raise ExhibitRefused(
        f"the grid has no run of '{options.label}' on '{options.dataset}' at L = {options.dim}, seed {options.seed}"
    )
