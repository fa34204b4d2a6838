"""Two runs trained as one under torch's vmap end as each does alone, because a method draws through Draws only.

The engine has no batched ensembles; this shows that the contract allows for them without a line of a method changed:
an engine hands in draws that draw for each member from its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from latentdim.conformance.methods import TINY
from latentdim.conformance.tiny import tiny_data
from latentdim.nets import Draws, LatentModel
from latentdim.training import Task
from latentdim.training.batches import Batches
from latentdim.training.optimizers import optimizer_of
from methods.vae import Config, runner

STEPS = 30
CONFIG = Config(beta=0.5)
PROTOCOL = TINY.model_copy(update={"steps": STEPS})
# Batched products may be summed in another order than single ones, and Adam's first steps magnify what differs.
TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}

Loss = Callable[[Tensor], dict[str, Tensor]]


class DrawOfEach(torch.autograd.Function):
    """One call of a drawing method; under vmap, one for each member from its own draws."""

    @staticmethod
    def forward(members: list[Draws], index: Tensor, method: str, arguments: tuple[Any, ...]) -> Tensor:
        drawn: Tensor = getattr(members[int(index)], method)(*arguments)
        return drawn

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ctx.mark_non_differentiable(output)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, None, None]:
        return None, None, None, None

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[Any, ...], members: list[Draws], index: Tensor, method: str, arguments: Any
    ) -> tuple[Tensor, int]:
        return torch.stack([getattr(members[i], method)(*arguments) for i in index.tolist()]), 0


class DrawsOfMembers(Draws):
    """Draws of several runs: whichever ``index`` says draws from its own."""

    def __init__(self, members: list[Draws]) -> None:
        self.members, self.device = members, members[0].device
        self.index = torch.tensor(0)

    def normal(self, shape: Any) -> Tensor:
        return DrawOfEach.apply(self.members, self.index, "normal", (tuple(shape),))  # type: ignore[no-any-return]

    def uniform(self, shape: Any) -> Tensor:
        return DrawOfEach.apply(self.members, self.index, "uniform", (tuple(shape),))  # type: ignore[no-any-return]

    def integers(self, high: int, shape: Any) -> Tensor:
        return DrawOfEach.apply(self.members, self.index, "integers", (high, tuple(shape)))  # type: ignore[no-any-return]


class TaskOfMembers(Task):
    """The first member's task, but its draws are those of all."""

    tasks: list[Task]

    def draws(self, name: str) -> Draws:
        if name not in self.streams:
            self.streams[name] = DrawsOfMembers([task.draws(name) for task in self.tasks])
        return self.streams[name]


class Objective(nn.Module):
    """A model's total loss as a module's forward, so that its parameters can be swapped for others."""

    def __init__(self, model: LatentModel, loss: Loss) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, batch: Tensor) -> Tensor:
        return torch.stack(list(self.loss(batch).values())).sum()


def task_of(seed: int, kind: type[Task] = Task) -> Task:
    return kind(dim=4, data=tiny_data(), protocol=PROTOCOL, names=("tiny", "ensemble", 4, seed))


def captured(task: Task, config: Config, monkeypatch: pytest.MonkeyPatch) -> tuple[LatentModel, Loss]:
    """The model and the loss that a runner hands to the engine; nothing is trained."""
    with monkeypatch.context() as patch:
        patch.setattr(runner, "train", lambda model, loss, task, **hooks: (model, loss))
        model, loss = runner.fit(task, config)
    return model, loss


def trained_together(config: Config, seeds: list[int], monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Tensor]]:
    """Weights of each member after the training of all under one vmap."""
    whole = task_of(seeds[0], TaskOfMembers)
    assert isinstance(whole, TaskOfMembers)
    whole.tasks = [task_of(seed) for seed in seeds]
    models = [captured(task, config, monkeypatch)[0] for task in map(task_of, seeds)]
    objective = Objective(*captured(whole, config, monkeypatch)).train()
    stacked, buffers = stack_module_state([Objective(model, objective.loss) for model in models])
    optimizer = optimizer_of(PROTOCOL.optimizer, stacked.values())
    batches, indices = [Batches(task, examples=None) for task in whole.tasks], torch.arange(len(seeds))
    per_epoch = batches[0].per_epoch

    def of_member(weights: dict[str, Tensor], held: dict[str, Tensor], index: Tensor, batch: Tensor) -> Tensor:
        for draws in whole.streams.values():
            assert isinstance(draws, DrawsOfMembers)
            draws.index = index
        total: Tensor = functional_call(objective, (weights, held), (batch,))
        return total

    for step in range(STEPS):
        batch = torch.stack([one.at(*divmod(step, per_epoch)) for one in batches])
        losses = vmap(of_member, randomness="error")(stacked, buffers, indices, batch)
        optimizer.zero_grad()
        torch.autograd.backward(losses.sum())
        optimizer.step()
    return [{name: value[i].detach() for name, value in stacked.items()} for i in range(len(seeds))]


def trained_alone(config: Config, seed: int) -> LatentModel:
    model: LatentModel = runner.fit(task_of(seed), config)
    return model


def test_two_runs_under_vmap_end_as_each_does_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = [3, 8]
    together = trained_together(CONFIG, seeds, monkeypatch)
    for seed, weights in zip(seeds, together, strict=True):
        alone = dict(trained_alone(CONFIG, seed).named_parameters())
        assert {f"model.{key}" for key in alone} == set(weights)
        for key, value in alone.items():
            torch.testing.assert_close(weights[f"model.{key}"], value.detach(), **TOLERANCE)
    moved = max((together[0][key] - together[1][key]).abs().max().item() for key in together[0])
    assert moved > 0.05  # the two aren't one


def test_members_draw_each_from_their_own() -> None:
    both = DrawsOfMembers([Draws.named("one"), Draws.named("two")])

    def drawn(index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        both.index = index
        return both.normal((3,)), both.uniform((2,)), both.rows(4, 2)

    found = vmap(drawn)(torch.arange(2))
    for i, name in enumerate(("one", "two")):
        own = Draws.named(name)
        for ours, expected in zip(found, (own.normal((3,)), own.uniform((2,)), own.rows(4, 2)), strict=True):
            assert torch.equal(ours[i], expected)


def test_another_members_noise_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both members drawing from the first one's draws don't end as they do alone: the comparison can fail."""
    monkeypatch.setattr(TaskOfMembers, "draws", lambda self, name: shared(self, name))

    def shared(task: TaskOfMembers, name: str) -> Draws:
        if name not in task.streams:
            task.streams[name] = DrawsOfMembers([task_of(3).draws(name) for _ in task.tasks])
        return task.streams[name]

    together = trained_together(CONFIG, [3, 8], monkeypatch)
    alone = dict(trained_alone(CONFIG, 8).named_parameters())
    far = [not torch.allclose(together[1][f"model.{key}"], value, **TOLERANCE) for key, value in alone.items()]
    assert any(far)
