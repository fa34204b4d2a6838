"""Fitting a method: its runner is called, and what it returns is held against the contract of methods."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from latentdim.nets.latent import LatentModel
from latentdim.registry.declarations import Method, MethodConfig, resolve
from latentdim.system.problems import ContractBroken
from latentdim.training import Task
from latentdim.training.checkpoint import load_weights

EXAMPLES = 2


def fitted(task: Task, method: Method, config: MethodConfig) -> LatentModel:
    """The model that a method's runner returns, in evaluation mode.

    Raises:
        ContractBroken: if nothing can be measured of what it returns.
    """
    returned = resolve(method.runner)(task, config)
    if not isinstance(returned, LatentModel):
        what = "nothing" if returned is None else f"a {type(returned).__name__}"
        raise ContractBroken(f"{method.runner} returns {what}; the trained LatentModel is due")
    if task.stages and task.finished_weights:
        load_weights(returned, task.finished_weights)  # trainings in stages were skipped, not restored
    returned.eval()
    for problem in misshapen(returned, task):
        raise ContractBroken(f"{method.runner}: {problem}")
    return returned


@torch.no_grad()
def misshapen(model: LatentModel, task: Task) -> Iterator[str]:
    """Sentences about shapes that no metric could work with: a code has the initial L numbers, closed ones included."""
    n = min(EXAMPLES, len(task.data.test))
    x, due = task.data.batch(task.data.test, 0, n), f"is due (L = {task.dim})"
    codes, active = model.encode(x), model.active()
    if model.dim != task.dim:
        yield f"dim is {model.dim} where {task.dim} {due}"
    if tuple(codes.shape) != (n, task.dim):
        yield f"encode gives the shape {tuple(codes.shape)} where {(n, task.dim)} {due}"
    elif (decoded := model.decode(codes)).shape != x.shape:
        yield f"decode gives the shape {tuple(decoded.shape)} where {tuple(x.shape)} {due}"
    if tuple(active.shape) != (task.dim,) or active.dtype != torch.bool:
        yield f"active gives {active.dtype} of the shape {tuple(active.shape)} where bool of {(task.dim,)} {due}"
