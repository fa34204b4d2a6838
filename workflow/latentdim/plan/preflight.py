"""What can be known to go wrong before any compute is spent, beyond what the study file itself says."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import get_args

from latentdim import registry
from latentdim.datasets.prepared import description_now
from latentdim.plan.compatibility import unreachable
from latentdim.plan.demand import run_mb
from latentdim.plan.inception_place import is_at_hand, takes_inception, wrong_weights
from latentdim.plan.plan import Plan
from latentdim.plan.run import Cell, Run
from latentdim.study.lines import located
from latentdim.system.problems import InputError

RESERVE_MB = 20.0  # for logs, records and pages


def refuse_hopeless(plan: Plan, *, absent_too: bool = True) -> None:
    """Refuse a plan whose results can't be written, whose data aren't there or out of reach, or with other weights.

    Args:
        absent_too: also refuse datasets that aren't there or out of reach; False where the rest is to go on without.

    Raises:
        InputError: with all problems.
    """
    problems = [*unwritable(plan.results), *too_little_disk(plan), *other_weights(plan), *lacking_weights(plan)]
    if absent_too:
        problems += unreachable_data(plan)
        problems += [f"dataset '{name}': {problem}" for name, found in plan.absent.items() for problem in found]
    if problems:
        raise InputError(str(plan.path), located(plan.path, problems))


def unwritable(folder: Path, option: str = "--results or LATENTDIM_RESULTS") -> list[str]:
    """A sentence where a folder can't be created or written, naming the option that chooses another."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            return []
    except OSError as error:
        kind = "reports" if option == "--reports" else "results"
        return [f"{kind} folder '{folder}': can't be written ({error.strerror}); choose another with {option}"]


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


def lacking_weights(plan: Plan) -> list[str]:
    """Sentences about methods that go through Inception while they are trained, where its weights aren't here.

    A metric could wait for them, or download them; a training that stands still for them after every epoch can't.
    """
    problems = []
    for cell in plan.cells:
        taking = [n for n, how in cell.measured.items() if takes_inception(registry.metrics().get(n), how, "images")]
        if taking and cell.dataset.name not in plan.absent and not is_at_hand():
            problems.append(
                f"method '{cell.method.name}': measures '{taking[0]}' while it is trained, but Inception's weights "
                f"aren't here (README, FID, tells where to lay them){_instead(cell)}"
            )
    return list(dict.fromkeys(problems))


def _instead(cell: Cell) -> str:
    """What a method takes in place of something: ``; or take stop_features = 'pixels_pca' or 'classifier'``."""
    fields = type(cell.config).model_fields
    values = {name: get_args(fields[name].annotation) for name in cell.method.labelled}
    others = {name: [v for v in those if v != getattr(cell.config, name)] for name, those in values.items()}
    return "".join(f"; or take {name} = {' or '.join(map(repr, those))}" for name, those in others.items() if those)


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
