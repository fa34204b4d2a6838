"""``latentdim compare``: two runs or two studies, what differs in their settings, and their values side by side."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from latentdim.cli.show import flat
from latentdim.records.folder import RunFolder
from latentdim.system.problems import InputError


@dataclass
class Side:
    """One of the two.

    Attributes:
        settings: dotted keys and values, by row; a run has one row, a study one for each dataset and label.
        values: of each metric of a row, one for each seed that has any.
    """

    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    values: dict[str, list[float]] = field(default_factory=dict)


def compare(given: argparse.Namespace) -> int:
    """Print what differs, A's before B's."""
    runs = [RunFolder(Path(name)).record.exists() for name in (given.a, given.b)]
    if runs[0] != runs[1]:
        raise InputError("the command line", ["compare: name two runs by their folders, or two studies"])
    read = _run if runs[0] else _study
    a, b = (read(name, given.results, stand_ins=given.stand_ins) for name in (given.a, given.b))
    print("\n".join([f"A  {given.a}", f"B  {given.b}", *_differences(a, b), *_beside(a, b)]))
    return 0


def _run(name: str, results: Path, *, stand_ins: bool) -> Side:
    from latentdim.records.metric_files import read_metrics
    from latentdim.records.record import RecordRefused, read_record

    folder = RunFolder(Path(name))
    try:
        record = read_record(folder)
    except RecordRefused as refusal:
        raise InputError(f"the run in '{name}'", [str(refusal)]) from refusal
    assert record is not None  # it was there when the two were told apart
    content = record.content()
    told = {key: content[key] for key in ("run", "status", "declared", "config", "training", "data")}
    side = Side({"run": dict(flat(told))})
    for metric in read_metrics(folder):
        if isinstance(metric.get("value"), int | float):
            axes = f" on {metric['axes']}" if metric.get("axes") else ""
            # Two settings of one metric stand apart by their files' hashes.
            side.values[f"{metric['metric']}{axes} ({metric['file'].rpartition('-')[2].partition('.')[0]})"] = [
                float(metric["value"])
            ]
    return side


def _study(name: str, results: Path, *, stand_ins: bool) -> Side:
    from latentdim.outcomes.outcomes import outcomes
    from latentdim.plan.expand import plan_study

    plan, side = plan_study(name, results=results, stand_ins=stand_ins), Side()
    for cell in plan.cells:
        told = {
            "config": cell.config.model_dump(mode="json"), "training": cell.training_fields(),
            "evaluation": cell.protocol.evaluation.model_dump(mode="json"), "declared": cell.versions,
            "dataset": cell.dataset.options.model_dump(mode="json"),
        }  # fmt: skip
        side.settings.setdefault(f"{cell.dataset.name} {cell.label}", dict(flat(told)))
    for outcome in outcomes(plan):
        row = f"{outcome.run.cell.dataset.name} {outcome.run.cell.label} L={outcome.run.dim}"
        for one in outcome.measurements:
            axes = f" on {one.requested.axes}" if one.requested.axes else ""
            values = side.values.setdefault(f"{row}  {one.requested.metric.name}{axes}", [])
            values += [] if one.value is None else [one.value]
    return side


def _differences(a: Side, b: Side) -> Iterator[str]:
    lines = [f"  only in A: {row}" for row in a.settings if row not in b.settings]
    lines += [f"  only in B: {row}" for row in b.settings if row not in a.settings]
    for row in (row for row in a.settings if row in b.settings):
        here, there = a.settings[row], b.settings[row]
        for key in dict.fromkeys([*here, *there]):
            if here.get(key) != there.get(key):
                lines.append(f"  {row}  {key}: {here.get(key, 'not there')} | {there.get(key, 'not there')}")
    yield "settings that differ"
    yield from lines or ["  none"]


def _beside(a: Side, b: Side) -> Iterator[str]:
    """Means over seeds, with their counts, and B − A."""
    keys = [key for key in dict.fromkeys([*a.values, *b.values]) if a.values.get(key) or b.values.get(key)]
    width = max(map(len, keys), default=0)
    yield "values: A, B, B − A"
    for key in keys:
        here, there = _mean(a.values.get(key, [])), _mean(b.values.get(key, []))
        change = "" if here is None or there is None else f"{there - here:+.3g}"
        yield f"  {key:{width}}  {_worded(here, a, key):>18}  {_worded(there, b, key):>18}  {change}".rstrip()


def _mean(values: list[float]) -> float | None:
    from latentdim.outcomes.seed_statistics import spread

    return spread(values).mean


def _worded(mean: float | None, side: Side, key: str) -> str:
    return "—" if mean is None else f"{mean:.5g} (n = {len(side.values[key])})"
