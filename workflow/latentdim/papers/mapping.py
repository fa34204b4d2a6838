"""Whether every row of a reference maps to something in its study's grid; asked by ``latentdim check``. No torch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from latentdim import registry
from latentdim.papers.comparison import Comparison
from latentdim.papers.layers import TOTALS
from latentdim.papers.reference import LAYER, PrintedNumber, Subject, reference_path, rows_and_mistakes
from latentdim.papers.units import factor_to, source_of, units_of
from latentdim.plan.plan import Plan
from latentdim.plan.run import Cell
from latentdim.study.lines import located
from latentdim.system.problems import InputError, nearest
from latentdim.tables.values import Values


def checked_reference(plan: Plan) -> tuple[PrintedNumber, ...]:
    """The reference beside a study's file, every row of which maps to the study's grid; none where there is no file.

    Raises:
        InputError: with each mistake and its line.
    """
    path = reference_path(plan.path)
    printed, problems = rows_and_mistakes(path, plan.stand_ins) if path.exists() else ((), [])
    claims = _claims_beside(plan.path)
    unmapped = {row.line: list(_unmapped(row, plan, claims)) for row in printed}
    problems += [f"line {line}: {problem}" for line, own in unmapped.items() for problem in own]
    problems += _unknown_layers(plan, [row for row in printed if not unmapped[row.line]])
    if problems:
        raise InputError(str(path), sorted(problems, key=_line_of))
    if problems := list(_unknown_tables(plan, printed)):
        raise InputError(str(plan.path), located(plan.path, problems))
    return printed


def _line_of(problem: str) -> int:
    return int(re.match(r"line (\d+)", problem)[1])  # type: ignore[index]  # each begins so


def _unknown_tables(plan: Plan, printed: Sequence[PrintedNumber]) -> Iterator[str]:
    """Sentences about exhibits of tables that the reference hasn't."""
    tables = list(dict.fromkeys(row.table for row in printed))
    names = {exhibit.entry.name: getattr(exhibit.options, "table", None) for exhibit in plan.exhibits}
    for index, entry in enumerate(plan.study.exhibits):
        name = names.get(entry.name)
        if name and name not in tables:
            yield f"exhibits.{index}.options.table = {name!r}: reference.csv has no such table{nearest(name, tables)}"


def _unknown_layers(plan: Plan, printed: Sequence[PrintedNumber]) -> Iterator[str]:
    """Sentences about layers that a network which the study lists hasn't; the others' aren't counted anywhere."""
    comparison = Comparison(plan, Values(plan, ()))
    for row in printed:
        counts = comparison.counts_of(row) if row.subject is Subject.LAYER else {}
        if counts and row.metric not in counts:
            yield f"line {row.line}: metric = {row.metric!r}: this network has none{nearest(row.metric, counts)}"


def _claims_beside(study: Path) -> tuple[str, ...] | None:
    """Names of the claims beside a study's file; None where that file isn't there or can't be read as a list."""
    file = study.with_name("claims.yaml")
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    return tuple(str(one.get("id")) for one in content if isinstance(one, dict)) if isinstance(content, list) else None


def _unmapped(row: PrintedNumber, plan: Plan, claims: Sequence[str] | None) -> Iterator[str]:
    """Why a row is about nothing in the grid."""
    if row.subject is Subject.CLAIM:
        if claims is not None and row.claim not in claims:
            yield f"metric = {row.metric!r}: claims.yaml has no claim '{row.claim}'{nearest(row.claim, claims)}"
    elif row.dataset not in plan.datasets:
        yield f"dataset = {row.dataset!r}: not a dataset of this study's grid{nearest(row.dataset, plan.datasets)}"
    elif row.subject is Subject.DATASET:
        if row.label or row.dim is not None:
            yield "label, dim: must be empty, since it is a dataset's"
    else:
        yield from _no_runs(row, plan)


def _no_runs(row: PrintedNumber, plan: Plan) -> Iterator[str]:
    labels = {cell.label for cell in plan.cells}
    if row.label not in labels:
        yield f"label = {row.label!r}: not a row label of this study's grid{nearest(row.label, labels)}"
        return
    here = [run for run in plan.runs if (run.cell.dataset.name, run.cell.label) == (row.dataset, row.label)]
    dims = sorted({run.dim for run in here})
    if not here:
        yield f"label = {row.label!r}: the grid has no run of it on '{row.dataset}'"
    elif row.dim not in dims:
        printed = "nothing" if row.dim is None else row.dim
        yield f"dim = {printed}: '{row.label}' on '{row.dataset}' has the dimensions {', '.join(map(str, dims))}"
    elif row.subject is Subject.LAYER:
        name = row.metric.removeprefix(LAYER)
        if name not in TOTALS and not re.fullmatch(r"(encoder|decoder)\.[1-9]\d*", name):
            yield f"metric = {row.metric!r}: a layer is named as in 'parameters encoder.1', a sum as one of {TOTALS}"
    else:
        cell = next(run.cell for run in here if run.dim == row.dim)
        yield from _no_metric(row, cell, absent=row.dataset in plan.absent)


def _no_metric(row: PrintedNumber, cell: Cell, *, absent: bool) -> Iterator[str]:
    name = source_of(row.coordinates).metric
    if name not in registry.metrics():
        yield f"metric = {row.metric!r}: not a metric{registry.metrics().hint(row.metric)}"
        return
    metric = registry.metrics().get(name)
    if factor_to(row.unit, metric) is None:
        yield f"unit = {row.unit!r}: '{name}' is printed in {' or '.join(map(repr, units_of(metric)))}"
    axes = [one.axes for one in cell.metrics if one.metric.name == name]
    where = f"'{row.label}' on '{row.dataset}'"
    if name in {one.name for one in cell.undefined}:
        if not absent:
            yield f"metric = {row.metric!r}: needs {metric.defined_for}, which '{row.dataset}' can't give"
    elif not axes:
        yield f"metric = {row.metric!r}: the study doesn't ask for it of {where}"
    elif row.axes is None and len(axes) > 1:
        yield f"axes: {where} has '{name}' on several choices of axes ({', '.join(map(str, axes))}); name one of them"
    elif row.axes is not None and row.axes not in axes:
        yield f"axes = {row.axes!r}: {where} has '{name}' on {', '.join(map(str, axes))} axes"
