"""Whether what a study's exhibits name exists in its grid; part of planning, so a misspelt name costs no training."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from latentdim.plan.plan import PlannedExhibit
from latentdim.plan.run import Cell, Run
from latentdim.registry.declarations import Mention, Noun, Query
from latentdim.system.problems import nearest

# Written beside the exhibits by every report.
RESERVED = frozenset({"claims", "index", "long", "summary"})


def exhibit_problems(exhibits: Mapping[int, PlannedExhibit], runs: Sequence[Run]) -> list[str]:
    """Sentences about what exhibits name and the grid doesn't hold, and about file names that a report needs itself.

    Args:
        exhibits: those of known kinds with valid options, by their place in the study file.
    """
    known = _known(runs) if exhibits else {}
    problems = []
    for index, exhibit in exhibits.items():
        where = f"exhibits.{index}"
        if exhibit.entry.name in RESERVED:
            problems.append(f"{where}.name = {exhibit.entry.name!r}: the report's own file; choose another name")
        unknown = [mention for mention in exhibit.options.mentions() if mention.name not in known[mention.noun]]
        problems += [
            f"{where}.options.{mention.key} = {mention.name!r}: "
            f"{_undefined([mention.name], runs) or _refusal(mention, known)}"
            for mention in unknown
        ]
        for query in () if unknown else exhibit.options.queries():
            problem = _unanswered(query, runs)
            problems += [f"{where}.options{f'.{query.key}' if query.key else ''}: {problem}"] if problem else []
    return problems


def _unanswered(query: Query, runs: Sequence[Run]) -> str:
    """Why a query has no answer or several; empty where it has one."""
    answers = [(run, values) for run in runs if (values := _values(query.names, run))]
    if not answers:
        datasets = query.names.get("dataset", ())
        without = _undefined(query.names.get("metric", ()), [r for r in runs if r.cell.dataset.name in datasets])
        return without or f"no run of the grid has {_together(query.names)} together"
    first: dict[tuple[object, ...], str] = {}
    for run, values in answers if query.single else ():
        cell, place = run.cell, tuple(coordinate(run.cell, run.dim, name) for name in query.single)
        if len(values) > 1:
            axes = ", ".join(values)
            return (
                f"'{cell.label}' on '{cell.dataset.name}' has its metric on several choices of axes ({axes}); name one "
                "in 'axes'"
            )
        here = f"'{cell.label}' on '{cell.dataset.name}' at L = {run.dim}"
        if None not in place and first.setdefault(place, here) != here:
            return f"{first[place]} and {here} would stand in one place; choose between them, or give another axis"
    return ""


def _undefined(names: Collection[str | int], runs: Sequence[Run]) -> str:
    """What a metric needs that is asked for and has no meaning for these runs' data; empty where there is none such."""
    cells = {id(run.cell): run.cell for run in runs}.values()
    lacking = [(metric, cell.dataset.name) for cell in cells for metric in cell.undefined if metric.name in names]
    datasets = " and ".join(dict.fromkeys(f"'{dataset}'" for _, dataset in lacking))
    return f"needs {lacking[0][0].defined_for}, which {datasets} can't give" if lacking else ""


def coordinate(cell: Cell, dim: int, name: str) -> str | float | None:
    """Where runs stand along ``dataset``, ``label``, ``stem``, ``dim`` or a setting; None where they have no such."""
    if name == "dim":
        return dim
    if name == "dataset":
        return cell.dataset.name
    return {"label": cell.label, "stem": cell.stem}.get(name) or dict(numeric_settings(cell)).get(name)


def _values(names: Mapping[Noun, Collection[str | int]], run: Run) -> list[str]:
    """Those choices of axes on which a run has what the query asks for; empty where it isn't meant."""
    cell = run.cell
    coordinates: dict[Noun, str | int] = {
        "dataset": cell.dataset.name, "label": cell.label, "stem": cell.stem, "dim": run.dim, "seed": run.seed,
    }  # fmt: skip
    if any(coordinates[noun] not in those for noun, those in names.items() if noun in coordinates):
        return []
    if "metric" not in names:
        return [""]
    requested = [one for one in cell.metrics if one.metric.name in names["metric"]]
    return [one.axes or "" for one in requested if "axes" not in names or one.axes in names["axes"]]


def _together(names: Mapping[Noun, Collection[str | int]]) -> str:
    """``dataset 'digits', label 'vae' and L = 3``."""
    texts = []
    for noun, those in names.items():
        word = {"dim": "L =", "seed": "seed", "axes": "axes"}.get(noun, "label" if noun == "stem" else noun)
        texts.append(f"{word} {' or '.join(str(one) if noun in {'dim', 'seed'} else repr(one) for one in those)}")
    return " and ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))


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
