"""Whether the names in a study's exhibits exist in its grid; part of planning, so a misspelt name costs no training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from latentdim import registry
from latentdim.plan.plan import Cell, Run
from latentdim.registry.declarations import ExhibitOptions, Mention
from latentdim.study.file import ExhibitEntry, validated
from latentdim.system.problems import InputError, nearest

# Written beside the exhibits by every report.
RESERVED = frozenset({"index", "long", "summary"})


def exhibit_problems(exhibits: Sequence[ExhibitEntry], runs: Sequence[Run]) -> list[str]:
    """Sentences about names in exhibits that the grid doesn't hold, and about file names that a report needs itself.

    Exhibits of unknown kind or with invalid options are passed over: they are refused elsewhere.
    """
    known = _known(runs) if exhibits else {}
    problems = []
    for index, entry in enumerate(exhibits):
        where = f"exhibits.{index}"
        if entry.name in RESERVED:
            problems.append(f"{where}.name = {entry.name!r}: the report's own file; choose another name")
        for mention in _mentions(entry):
            if mention.name not in known[mention.noun]:
                problems.append(f"{where}.options.{mention.key} = {mention.name!r}: {_refusal(mention, known)}")
    return problems


def _mentions(entry: ExhibitEntry) -> list[Mention]:
    if entry.kind not in registry.exhibits():
        return []
    try:
        options: ExhibitOptions = validated(
            registry.exhibits().get(entry.kind).options, entry.options, title=entry.name
        )
    except InputError:
        return []
    return list(options.mentions())


def _known(runs: Sequence[Run]) -> dict[str, set[str | int]]:
    cells = {id(run.cell): run.cell for run in runs}.values()
    return {
        "dataset": {cell.dataset.name for cell in cells},
        "label": {cell.label for cell in cells},
        "stem": {cell.stem for cell in cells},
        "setting": {name for cell in cells for name, _ in numeric_settings(cell)},
        "metric": {requested.metric.name for cell in cells for requested in cell.metrics},
        "dim": {run.dim for run in runs},
        "seed": {run.seed for run in runs},
    }


def numeric_settings(cell: Cell) -> Iterator[tuple[str, float]]:
    """The settings of a cell's method that are numbers, by name."""
    for name in type(cell.config).model_fields:
        value = getattr(cell.config, name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield name, value


def _refusal(mention: Mention, known: dict[str, set[str | int]]) -> str:
    names = known[mention.noun]
    if mention.noun in {"dim", "seed"}:
        what = "latent dimension" if mention.noun == "dim" else "seed"
        return f"no run of the grid has this {what} (it has {', '.join(map(str, sorted(names)))})"
    what = {
        "dataset": "a dataset", "label": "a row label", "stem": "a row label without its sweep's values",
        "setting": "a setting, with numbers for values,", "metric": "a metric",
    }[mention.noun]  # fmt: skip
    return f"not {what} of this study's grid{nearest(str(mention.name), map(str, names))}"
