"""Whether the weights that a protocol wants measured will be there, told before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator

from latentdim import registry
from latentdim.plan import cost
from latentdim.plan.run import Cell
from latentdim.registry.declarations import Metric, resolve
from latentdim.study.evaluation import Evaluation


def no_chooser(evaluation: Evaluation) -> Iterator[str]:
    """Sentences about a metric that can't choose the weights, whatever the method and the data."""
    name, key = evaluation.best_metric, f"protocol.evaluation.checkpoint = {evaluation.checkpoint!r}"
    if name is None:
        return
    if name not in registry.metrics():
        yield f"{key}: '{name}' is not a metric{registry.metrics().hint(name)}"
    elif unfit := unfit_to_choose(registry.metrics().get(name)):
        yield f"{key}: {unfit}"


def unfit_to_choose(metric: Metric) -> str:
    """Why no best value of a metric is told among models; empty where it is."""
    if metric.of_machine:
        return f"'{metric.name}' tells of the machine, not of the weights"
    return "" if metric.better else f"neither a higher nor a lower '{metric.name}' is better, so none is best"


def unkept(cell: Cell, n_train: int, where: str) -> Iterator[str]:
    """Sentences about weights that this method won't keep on these data.

    Args:
        n_train: examples that are left for training.
        where: the grid entry's key in the study file.
    """
    evaluation, training, method = cell.protocol.evaluation, cell.protocol.training, cell.method
    if method.stages and (evaluation.checkpoint != "last" or evaluation.evaluate_every):
        yield (
            f"{where}.methods.{method.name}: is trained in stages ({', '.join(method.stages)}), of which no weights "
            "are kept on the way; use evaluation.checkpoint 'last' without evaluate_every"
        )
        return
    if evaluation.checkpoint == "last":
        return
    asked, epochs = f"evaluation.checkpoint = {evaluation.checkpoint!r}", cost.epochs_of(training, n_train)
    of_method = f"{where}.methods.{method.name}"
    if "steps" in method.unused_fields:
        yield f"{of_method}: isn't trained in steps, so {asked} doesn't exist; use 'last'"
    elif evaluation.checkpoint == "best":
        if "schedule" in method.unused_fields:
            yield f"{of_method}: has no validation loss to choose the 'best' checkpoint by; use 'last'"
        elif not epochs:
            steps = f"{training.steps} steps are less than an epoch"
            yield f"{where}: {steps}, so there is no 'best' checkpoint; use 'last'"
    elif epochs < (evaluation.epoch or evaluation.evaluate_every or 1):
        yield (
            f"{where}: {asked}, evaluation.evaluate_every = {evaluation.evaluate_every}: the training has "
            f"{epochs} whole epochs"
        )
    elif evaluation.best_metric:
        yield from _unmeasurable(cell, evaluation.best_metric, evaluation, f"{where}: {asked}")


def unmeasured(cell: Cell, where: str) -> Iterator[str]:
    """Sentences about metrics that the method itself would measure while it is trained."""
    for name, evaluation in cell.measured.items():
        asked = f"{where}.methods.{cell.method.name}: measures '{name}'"
        for sentence in _unmeasurable(cell, name, evaluation, asked):
            yield sentence.replace("evaluation.", "the method's ")  # the study's own have no part in it


def _unmeasurable(cell: Cell, name: str, evaluation: Evaluation, asked: str) -> Iterator[str]:
    metric, dataset = registry.metrics().get(name), cell.dataset
    if not dataset.allows(metric):
        yield f"{asked}: '{name}' needs {metric.defined_for}, which '{dataset.name}' isn't"
    elif metric.compatibility:
        asks = resolve(metric.compatibility)
        for sentence in asks(evaluation, dataset.example_kind, dataset.info.n_classes):
            yield f"{asked}: {sentence}"
