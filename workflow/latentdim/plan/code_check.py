"""What ``check`` tells of a study's code: each function that it names is imported, which planning never does."""

from __future__ import annotations

from collections.abc import Iterator

from latentdim import registry
from latentdim.plan.plan import Plan
from latentdim.registry.declarations import resolve
from latentdim.study.lines import located
from latentdim.system.problems import CodeBroken, InputError

# What a machine that only plans may lack; code that needs one of them isn't broken for that.
OPTIONAL = frozenset({"torch", "torchvision", "torch_fidelity", "pandas", "matplotlib", "seaborn", "sklearn", "h5py"})


def checked_code(plan: Plan) -> list[str]:
    """Sentences about packages that this machine lacks, so that what needs them couldn't be looked at.

    Raises:
        InputError: with each function that isn't there, or whose module can't be imported.
    """
    problems: list[str] = []
    lacking: dict[str, list[str]] = {}
    for what, path in functions_of(plan).items():
        try:
            resolve(path)
        except CodeBroken as problem:
            package = _package_lacking(problem)
            if package in OPTIONAL:
                lacking.setdefault(package, []).append(what)
            else:
                problems.append(f"{what}: {problem}")
    if problems:
        raise InputError(str(plan.path), located(plan.path, problems))
    return [f"{name} isn't installed here, so these weren't imported: {', '.join(of)}" for name, of in lacking.items()]


def functions_of(plan: Plan) -> dict[str, str]:
    """Dotted paths of the functions that the study's jobs and report will call, by whose they are, once each."""
    return {what: path for what, path in dict.fromkeys(_functions_of(plan)) if path}


def _functions_of(plan: Plan) -> Iterator[tuple[str, str]]:
    for cell in plan.cells:
        kind, best = cell.dataset.kind, cell.protocol.evaluation.best_metric
        yield f"method '{cell.method.name}'", cell.method.runner
        named = [*cell.measured, *([best] if best else [])]
        for metric in (*(one.metric for one in cell.metrics), *map(registry.metrics().get, named)):
            yield f"metric '{metric.name}'", metric.function
        for part in ("prepare", "check", "factor_space"):
            yield f"kind of dataset '{kind.name}', {part}", getattr(kind, part)
    for exhibit in plan.exhibits:
        yield f"exhibit '{exhibit.declared.name}'", exhibit.declared.draw


def _package_lacking(problem: CodeBroken) -> str:
    """The package whose absence kept a module from being imported, or nothing."""
    cause = problem.__cause__
    return (cause.name or "").partition(".")[0] if isinstance(cause, ModuleNotFoundError) else ""
