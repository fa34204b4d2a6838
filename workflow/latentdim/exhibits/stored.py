"""The runs that an exhibit of pictures shows, and what each has stored for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from latentdim.exhibits.context import Context, ExhibitRefused
from latentdim.exhibits.declared.options import RunOptions, SeedOptions
from latentdim.outcomes.outcomes import Outcome
from latentdim.outcomes.wording import worded
from latentdim.records.folder import RunFolder
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
    arrays: dict[str, NDArray[Any]] = {}
    files = [one.file for one in outcome.run.stored if set(names) & set(one.declaration.tensors)]
    paths = [path for path in map(RunFolder(context.plan.folder(outcome.run)).stored, files) if path.exists()]
    try:
        reasons = [reason_of(path) for path in paths]
        for path in paths:
            arrays |= load_file(path)
    except (SafetensorError, OSError) as error:
        return Stored(outcome, instead="unreadable", note=f"{title}: what it stores can't be read ({error}).")
    lacking = [name for name in names if name not in arrays]
    if not lacking:
        return Stored(outcome, arrays, note="" if outcome.status is Status.OK else told)
    if paths or outcome.status is Status.OK:
        why = "; ".join(filter(None, reasons)) or f"no '{lacking[0]}' is stored"
        return Stored(outcome, instead="not stored", note=f"{title}: {why}.")
    return Stored(outcome, instead=status, note=told)


def reason_of(path: Path) -> str:
    """Why a file holds nothing; empty where it holds something."""
    with safe_open(path, framework="numpy") as content:
        return str((content.metadata() or {}).get("reason", ""))


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
