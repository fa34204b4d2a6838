"""``latentdim show``: all that one run left, for reading."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentdim.records.folder import RunFolder
from latentdim.system.counting import counted
from latentdim.system.problems import InputError

if TYPE_CHECKING:
    from latentdim.plan.plan import Plan
    from latentdim.plan.run import Run
    from latentdim.records.record import Record

LAST_LINES = 5  # of the log
MOST_LISTED = 12  # runs that fit, where several do


def show(given: argparse.Namespace) -> int:
    """Print one run."""
    folder = run_folder([given.run, *given.coordinates], given.results, stand_ins=given.stand_ins)
    if given.json:
        print(json.dumps(_as_data(folder), indent=1))
    else:
        print("\n".join(_as_lines(folder)))
    return 0


def run_folder(words: Sequence[str], results: Path, *, stand_ins: bool = False) -> RunFolder:
    """The folder of the run that words name: its path, or a study and coordinates, as ``status`` prints them.

    Raises:
        InputError: if there is no such run, or more than one.
    """
    first, *coordinates = words
    folder = RunFolder(Path(first))
    if folder.record.exists() or folder.journal.exists():
        if coordinates:
            raise InputError("the command line", [f"'{first}' is a run's folder; leave out '{' '.join(coordinates)}'"])
        return folder
    if folder.path.is_dir() and not (folder.path / "study.yaml").exists():
        raise InputError("the command line", [f"'{first}' is no run's folder: it holds no record.json"])
    from latentdim.plan.expand import plan_study

    plan = plan_study(first, results=results, stand_ins=stand_ins)
    return RunFolder(plan.folder(_chosen(plan, " ".join(coordinates).split())))


def _chosen(plan: Plan, words: Sequence[str]) -> Run:
    """The one run whose title has all these words; a method's name is taken where no row is called so."""
    fitting = [run for run in plan.runs if not set(words) - set(run.title.split())]
    fitting = fitting or [run for run in plan.runs if not set(words) - {*run.title.split(), run.cell.method.name}]
    fitting = [run for run in fitting if run.title.split() == words] or fitting
    if len(fitting) == 1:
        return fitting[0]
    named = f"'{' '.join(words)}'" if words else "its name alone"
    which = fitting or plan.runs
    more = [f"and {len(which) - MOST_LISTED} more"] if len(which) > MOST_LISTED else []
    titles = "; ".join([*(run.title for run in which[:MOST_LISTED]), *more])
    count = f"{counted(len(fitting), 'run')} of '{plan.name}' fit" if fitting else f"no run of '{plan.name}' fits"
    raise InputError("the command line", [f"{count} {named}; name one by its words: {titles}"])


def _as_data(folder: RunFolder) -> dict[str, Any]:
    from latentdim.records.history import read_history
    from latentdim.records.journal import attempts
    from latentdim.records.metric_files import read_metrics
    from latentdim.system.files import read_json

    return {
        "folder": str(folder.path), "record": read_json(folder.record), "metrics": list(read_metrics(folder)),
        "attempts": list(map(asdict, attempts(folder))), "history": read_history(folder), "files": dict(_files(folder)),
    }  # fmt: skip


def _as_lines(folder: RunFolder) -> Iterator[str]:
    from latentdim.outcomes.wording import worded
    from latentdim.records.state import state_of

    state = state_of(folder)
    reason = f": {worded(state.reason)}" if state.reason else ""
    yield str(folder.path)
    yield f"{'running' if state.running else state.status}{reason}"
    if state.record:
        yield from _recorded(state.record)
    yield from _attempted(folder)
    yield from _measured(folder)
    yield from _trained(folder)
    yield "files"
    yield from (f"  {size / 1e3:10,.1f} kB  {name}" for name, size in _files(folder))
    if folder.log.exists():
        yield "log, its last lines"
        lines = folder.log.read_text(encoding="utf-8", errors="replace").splitlines()
        yield from (f"  {line}" for line in lines[-LAST_LINES:])


def _recorded(record: Record) -> Iterator[str]:
    run, timing, data, device = record.run, record.timing, record.data, record.device
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(timing.started))
    yield f"run       {run.dataset} {run.method} L={run.dim} seed {run.seed}"
    yield (
        f"trained   {began}, {timing.train_seconds:g} s, {counted(timing.steps, 'step')}, on {device.kind} "
        f"({device.name}, {counted(device.threads, 'thread')})"
    )
    yield f"data      {data.n_train} + {data.n_test} examples of {data.shape}, sha256 {data.digest[:12]}"
    yield f"model     {record.active} of {run.dim} active, {record.n_parameters} parameters"
    yield f"versions  {_pairs(record.declared | record.versions)}"
    yield f"config    {_pairs(record.config)}"
    yield f"training  {_pairs(record.training)}"
    yield from (f"note      {note}" for note in record.notes)


def _attempted(folder: RunFolder) -> Iterator[str]:
    """When and where each attempt ran, by job, GPU and log, and how it ended."""
    from latentdim.records.journal import attempts

    made = attempts(folder)
    if made:
        yield "attempts"
    for one in made:
        began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.started))
        took = "" if one.ended is None else f", {one.ended - one.started:.1f} s"
        where = [
            f"on {one.host}",
            *(f"{name} {value}" for name, value in (("job", one.job), ("GPU", one.gpu)) if value),
        ]
        reason = f": {one.reason}" if one.reason else ""
        yield f"  {one.number}  {began}{took}  {', '.join(where)}  {one.outcome or 'no end was written'}{reason}"
        if one.log:
            yield f"     log {one.log}"


def _pairs(values: dict[str, Any]) -> str:
    """A mapping on one line, blocks inside it by dotted keys; what is None is left out."""
    return ", ".join(f"{key} {value}" for key, value in flat(values) if value is not None) or "none"


def flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a mapping by dotted keys."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _measured(folder: RunFolder) -> Iterator[str]:
    from latentdim.records.metric_files import read_metrics

    contents = list(read_metrics(folder))
    if contents:
        yield "metrics"
    for content in contents:
        name = f"{content.get('metric')}{' on ' + content['axes'] if content.get('axes') else ''}"
        value = content.get("value")
        told = f"{value:.6g}" if isinstance(value, int | float) else f"{content.get('status')}: {content.get('reason')}"
        yield f"  {name:34} {told:12} {'n ' + str(content['n']) if content.get('n') else ''}".rstrip()


def _trained(folder: RunFolder) -> Iterator[str]:
    """The first and last row of the history."""
    from latentdim.records.history import read_history

    rows = read_history(folder)
    if rows:
        yield f"history   {counted(len(rows), 'row')}; first and last:"
        for row in (rows[0], rows[-1]) if len(rows) > 1 else rows:
            yield f"  {', '.join(f'{name} {value:.6g}' for name, value in row.items())}"


def _files(folder: RunFolder) -> Iterator[tuple[str, int]]:
    """Every file with its size, pictures first."""
    files = [path for path in sorted(folder.path.rglob("*")) if path.is_file()]
    for path in sorted(files, key=lambda path: path.suffix != ".png"):
        yield str(path.relative_to(folder.path)), path.stat().st_size
