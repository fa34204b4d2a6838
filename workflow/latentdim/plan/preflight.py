"""What can be known to go wrong before any compute is spent, beyond what the study file itself says."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from latentdim.datasets.prepared import description_now
from latentdim.plan.compatibility import unreachable
from latentdim.plan.demand import run_mb
from latentdim.plan.inception_place import takes_inception, wrong_weights
from latentdim.plan.plan import Plan
from latentdim.plan.run import Run
from latentdim.study.lines import located
from latentdim.system.problems import InputError

RESERVE_MB = 20.0  # for logs, records and pages
GO_ON = "to run what is there: --leave-out-missing; with Snakemake --config leave_out_missing=true"


def refuse_hopeless(plan: Plan, *, absent_too: bool = True) -> None:
    """Refuse a plan whose results can't be written, whose data or weights aren't there, are out of reach or others.

    Args:
        absent_too: also refuse what isn't there or is out of reach; False where the rest is to go on without.

    Raises:
        InputError: with all problems.
    """
    problems = [*unwritable(plan.results), *too_little_disk(plan), *other_weights(plan)]
    if absent_too:
        problems += [*unreachable_data(plan), *plan.left_out]
    if problems:
        problems = located(plan.path, problems)
        if absent_too and plan.left_out and plan.packs:
            problems[-1] += f"\n    {GO_ON}"
        raise InputError(str(plan.path), problems)


def unwritable(folder: Path, option: str = "--results or LATENTDIM_RESULTS") -> list[str]:
    """A sentence where a folder can't be created or written, naming the option that chooses another."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            return []
    except OSError as error:
        kind = {"--reports": "reports folder ", "--out": ""}.get(option, "results folder ")
        return [f"{kind}'{folder}': can't be written ({error.strerror}); choose another with {option}"]


def too_little_disk(plan: Plan) -> list[str]:
    """A sentence where the prepared data and the models would not fit."""
    needed = needed_mb(plan)
    anchor = next(path for path in (plan.results.absolute(), *plan.results.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(anchor).free / 1e6
    if needed + RESERVE_MB <= free:
        return []
    return [
        f"results folder '{plan.results}': about {needed:,.0f} MB are needed and {RESERVE_MB:.0f} MB in reserve, but "
        f"{free:,.0f} MB are free on its disk"
    ]


def unreachable_data(plan: Plan) -> list[str]:
    """Sentences about networks that can't make values like those of data that are prepared already.

    Of others the job that prepares them tells it.
    """
    prepared = {
        name: description_now(spec, plan.results) for name, spec in plan.datasets.items() if name not in plan.absent
    }
    sentences: dict[str, None] = {}
    for cell in plan.cells:
        content = prepared.get(cell.dataset.name)
        if content and (sentence := unreachable(cell, content)):
            sentences[f"dataset '{cell.dataset.name}': {sentence}"] = None
    return list(sentences)


def other_weights(plan: Plan) -> list[str]:
    """Sentences about Inception's weights, where a metric takes them and their digest isn't the protocol's."""
    problems: list[str] = []
    for cell in plan.cells:
        evaluation, dataset = cell.protocol.evaluation, cell.dataset
        if dataset.name not in plan.absent and any(
            takes_inception(requested.metric, evaluation, dataset.example_kind) for requested in cell.metrics
        ):
            problems += wrong_weights(evaluation)
    return list(dict.fromkeys(problems))


def needed_mb(plan: Plan) -> float:
    """Rough disk space of what isn't there yet: prepared arrays, and what each run leaves.

    Of a search it is the worst case.
    """
    total = sum(s.preparing_mb for s in plan.datasets.values() if not (s.folder(plan.results) / "data.json").exists())
    existing = (
        {entry.name for entry in os.scandir(plan.results / "runs")} if (plan.results / "runs").is_dir() else set()
    )

    sizes: dict[tuple[int, int], float] = {}

    def lacking(run: Run) -> float:
        name, key = run.cell.dataset.name, (id(run.cell), run.dim)
        if name in plan.absent or (name in existing and (plan.folder(run) / "record.json").exists()):
            return 0.0
        if key not in sizes:
            sizes[key] = run_mb(run.cell, run.dim)
        return sizes[key]

    searched = (one.worst_case(lambda dim, one=one: lacking(one.at(dim))) for one in plan.searches)  # type: ignore[misc]
    return total + sum(map(lacking, plan.listed)) + sum(searched)
