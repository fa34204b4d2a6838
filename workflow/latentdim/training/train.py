"""What a runner calls: a loss (``train``), a step (``train_steps``), or a closed form (``solve``).

A run whose weights are finished is only restored, whichever of the three it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import reduce
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from latentdim.nets.kernels import kernel_for, use_kernel
from latentdim.study.protocol import Schedule
from latentdim.training.checkpoint import load_weights
from latentdim.training.hooks import Hooks, Loss, Step, Terms
from latentdim.training.loop import Loop
from latentdim.training.optimizers import optimizer_of
from latentdim.training.task import Task

Model = TypeVar("Model", bound=nn.Module)
NO_HOOKS = Hooks()
CONSTANT = Schedule(name="constant")


def train(model: Model, loss: Loss, task: Task, *, hooks: Hooks = NO_HOOKS) -> Model:
    """Minimise the sum of the named terms that ``loss`` returns for a batch, with the protocol's optimiser.

    Raises:
        Diverged: as soon as a term is no longer finite.
    """
    if restored(model, task):
        return model
    optimizer, schedule = optimizer_of(task.protocol.optimizer, model.parameters()), task.protocol.schedule

    def step(draw: Callable[[], Tensor]) -> Terms:
        return descend(lambda: loss(draw()), optimizer, task)

    Loop(model, step, task, optimizers={"main": optimizer}, hooks=hooks, loss=loss, schedule=schedule).run()
    return model


def train_steps(
    model: Model, step: Step, task: Task, *, optimizers: Mapping[str, Optimizer], hooks: Hooks = NO_HOOKS
) -> Model:
    """Run a step that updates parameters itself, with the optimisers given (all of them are checkpointed).

    ``step`` receives a function that returns the epoch's next batch, and returns the terms to record.

    Raises:
        Diverged: as soon as a term is no longer finite.
    """
    if not restored(model, task):
        Loop(model, step, task, optimizers=optimizers, hooks=hooks, loss=None, schedule=CONSTANT).run()
    return model


def solve(model: Model, fill: Callable[[], object], task: Task) -> Model:
    """For methods with a closed form: ``fill`` sets the model's buffers and is skipped where they are finished."""
    if not restored(model, task):
        with torch.no_grad():
            fill()
    return model.eval()


def restored(model: nn.Module, task: Task) -> bool:
    """Whether the run is finished; the model is then in evaluation mode and, outside of stages, holds its weights."""
    if not task.finished:
        return False
    if task.finished_weights is not None:
        load_weights(model, task.finished_weights)
    task.kernel = kernel_for(task.device, task.protocol.precision)
    use_kernel(model, task.kernel)
    model.eval()
    return True


def descend(loss: Callable[[], Terms], optimizer: Optimizer, task: Task) -> Terms:
    """One update of the optimiser's parameters, and of no others, along the sum of the terms."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    with precision(task):
        terms = loss()
        total = reduce(torch.add, (term.float() for term in terms.values()))
    for parameter in parameters:
        parameter.grad = None
    # Not autograd.grad: its gradients may lie in memory in another order than their parameters (a constant one is a
    # single number), and the fused optimisers take the order of the two to be the same.
    torch.autograd.backward(total, inputs=parameters)
    optimizer.step()
    return {name: term.detach() for name, term in terms.items()}  # a live graph would hold parameters' old shapes


def precision(task: Task) -> torch.autocast | nullcontext[None]:
    """The protocol's arithmetic: bfloat16 autocast, or nothing."""
    if task.protocol.precision == "bfloat16":
        return torch.autocast(task.device.type, dtype=torch.bfloat16)
    return nullcontext()
