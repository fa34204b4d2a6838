"""What ``check`` tells of a study's data: by the headers of their files, or by all that they hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from latentdim.datasets.formats.local_copies import no_data_folder
from latentdim.datasets.prepared import description_now, prepare, refusal_of
from latentdim.datasets.spec import DatasetSpec
from latentdim.plan.plan import Plan
from latentdim.plan.preflight import unreachable_data
from latentdim.registry.declarations import SourceCheck, resolve
from latentdim.study.lines import located
from latentdim.system.problems import DataRefused, InputError


def checked_data(plan: Plan, *, whole: bool) -> list[str]:
    """Sentences about what is left out of the data, converted or changed.

    Args:
        whole: prepare the data, which looks at every value; else headers are read, where the data aren't prepared yet.

    Raises:
        InputError: with every problem of every dataset.
    """
    notes = [sentence] if (sentence := no_data_folder()) else []
    problems: list[str] = []
    for spec in (spec for name, spec in plan.datasets.items() if name not in plan.absent):
        checked = _prepared(spec, plan) if whole else _checked(spec, plan)
        notes += [f"dataset '{spec.name}': {note}" for note in checked.notes]
        problems += [f"dataset '{spec.name}': {problem}" for problem in checked.problems]
    problems += unreachable_data(plan) if whole else []
    if problems:
        raise InputError(str(plan.path), located(plan.path, problems))
    return located(plan.path, notes)


def _prepared(spec: DatasetSpec, plan: Plan) -> SourceCheck:
    try:
        return SourceCheck(notes=tuple(described_in_words(prepare(spec, plan.results))))
    except DataRefused as refusal:
        return SourceCheck(problems=(str(refusal),))


def _checked(spec: DatasetSpec, plan: Plan) -> SourceCheck:
    content = description_now(spec, plan.results)
    if content is not None:
        return SourceCheck(notes=tuple(described_in_words(content)))
    checked: SourceCheck = resolve(spec.kind.check)(spec.options) if spec.kind.check else SourceCheck()
    refusal = refusal_of(spec, plan.results)
    if refusal and not checked.problems:
        return checked._replace(notes=(*checked.notes, f"refused when it was to be prepared: {refusal}"))
    return checked


def described_in_words(content: dict[str, Any]) -> Iterator[str]:
    """What a description of prepared data tells beyond counts: what was made of them, and where their values lie."""
    if content.get("note"):
        yield content["note"]
    if "range" in content:
        low, high = content["range"]
        yield f"values from {low:.3g} to {high:.3g}, of variance {content['variance']:.3g} in the training part"
    if content.get("variance") == 0.0:
        yield "all training examples are equal, so nothing can be learned from them"
