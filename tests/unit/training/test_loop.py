"""The one training loop: order, length, schedules, history, divergence."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from latentdim.conformance.tiny import tiny_data
from latentdim.nets import Autoencoder, reconstruction
from latentdim.nets.architectures.mlp import Mlp
from latentdim.study.protocol import Optimizer, Schedule, Training
from latentdim.training import Diverged, Hooks, Task, solve, train, train_steps
from latentdim.training.data import Data
from latentdim.training.optimizers import Adam

PROTOCOL = Training(network=Mlp(hidden=(8,)), batch_size=16, steps=20)


def task_of(protocol: Training = PROTOCOL, *, data: Data | None = None) -> Task:
    return Task(dim=2, data=data or tiny_data(), protocol=protocol, names=("tiny", "test", 2, 0))


def model_of(task: Task) -> Autoencoder:
    return Autoencoder.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)


def marked_data() -> Data:
    """Each example holds its own position, so that batches tell which examples they were made of."""
    data = tiny_data()
    values = torch.arange(120.0)[:, None].expand(120, 12).contiguous()
    return replace(data, train=replace(data.train, values=values))


def batches_of(protocol: Training, hooks: Hooks | None = None) -> list[list[int]]:
    task = task_of(protocol, data=marked_data())
    seen: list[list[int]] = []

    def step(draw: object) -> dict[str, Tensor]:
        seen.append(draw()[:, 0].int().tolist())  # type: ignore[operator]
        return {"loss": torch.zeros(())}

    train_steps(model_of(task), step, task, optimizers={}, hooks=hooks or Hooks())
    return seen


def test_an_epoch_visits_each_example_once_in_an_order_of_its_own() -> None:
    seen = batches_of(Training(batch_size=20, epochs=2))
    assert len(seen) == 12
    first, second = ([index for batch in half for index in batch] for half in (seen[:6], seen[6:]))
    assert sorted(first) == sorted(second) == list(range(120))
    assert first != second
    assert first != sorted(first)


def test_a_short_last_batch_is_left_out_and_steps_count_updates() -> None:
    assert [len(batch) for batch in batches_of(Training(batch_size=50, epochs=1))] == [50, 50]
    assert len(batches_of(Training(batch_size=50, steps=7))) == 7


def test_an_epoch_goes_through_the_examples_that_the_method_names() -> None:
    hooks = Hooks(examples=lambda epoch: torch.arange(40) + 40 * epoch)
    seen = batches_of(Training(batch_size=20, epochs=2), hooks)
    assert sorted(index for batch in seen[:2] for index in batch) == list(range(40))
    assert sorted(index for batch in seen[2:] for index in batch) == list(range(40, 80))


def test_hooks_are_called_when_they_say() -> None:
    called: list[str] = []
    hooks = Hooks(
        epoch_start=lambda epoch: called.append(f"start {epoch}"), finish=lambda: called.append("finish"), observe=dict
    )
    batches_of(Training(batch_size=60, epochs=3), hooks)
    assert called == ["start 0", "start 1", "start 2", "finish"]


def test_the_share_done_goes_evenly_from_the_first_step_to_the_last() -> None:
    task = task_of(PROTOCOL.model_copy(update={"steps": 4}))
    shares: list[float] = []

    def step(draw: object) -> dict[str, Tensor]:
        shares.append(task.share_done)
        return {"loss": torch.zeros(())}

    train_steps(model_of(task), step, task, optimizers={})
    assert shares == [0.0, 0.25, 0.5, 0.75]


def test_the_history_holds_means_of_the_terms_between_its_rows() -> None:
    task = task_of(Training(batch_size=60, epochs=1))
    values = iter([1.0, 2.0])
    model = model_of(task)
    train_steps(model, lambda draw: {"term": torch.tensor(next(values))}, task, optimizers={})
    assert [row["term"] for row in task.history] == [1.0, 2.0]  # two steps, a row each: 50 rows at most
    task = task_of(Training(batch_size=2, steps=120))
    numbers = iter(range(120))
    train_steps(model_of(task), lambda draw: {"term": torch.tensor(float(next(numbers)))}, task, optimizers={})
    rows = task.history
    assert rows[0]["step"] == 3
    assert rows[0]["term"] == pytest.approx(1.0)  # mean of 0, 1, 2
    assert rows[-1]["step"] == 120


def test_a_row_says_after_which_step_of_which_epoch() -> None:
    task = task_of(Training(batch_size=50, epochs=3))
    train_steps(model_of(task), lambda draw: {"a": torch.ones(()), "b": torch.ones(()) * 2}, task, optimizers={})
    assert task.history == [
        {"step": step, "epoch": epoch, "a": 1.0, "b": 2.0, "loss": 3.0}
        for step, epoch in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3)]
    ]


def test_the_loss_falls_and_the_cosine_ends_near_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_of(Training(network=Mlp(hidden=(32,)), batch_size=16, steps=300, schedule=Schedule(name="cosine")))
    model = model_of(task)
    optimizers = []
    original = Adam.step

    def watched(self: Adam) -> None:
        optimizers.append(self.param_groups[0]["lr"])
        original(self)

    monkeypatch.setattr(Adam, "step", watched)
    train(model, lambda x: {"loss": reconstruction(model, model.encode(x), x, task.protocol)}, task)
    expected = [1e-3 * 0.5 * (1 + math.cos(math.pi * step / 300)) for step in range(300)]
    assert optimizers == pytest.approx(expected)
    assert task.history[-1]["loss"] < 0.5 * task.history[0]["loss"]


def test_the_plateau_falls_once_bad_epochs_reach_the_patience() -> None:
    schedule = Schedule(name="plateau", patience=3, threshold=1e9, factor=0.5)
    protocol = Training(batch_size=16, epochs=8, n_validation=16, schedule=schedule, optimizer=Optimizer(name="sgd"))
    data = tiny_data()
    data = replace(data, validation=data.train.part(0, 16))
    task = task_of(protocol, data=data)
    model = model_of(task)
    rates: list[float] = []
    original = torch.optim.SGD.step

    def watched(self: torch.optim.SGD, *rest: object) -> object:
        rates.append(self.param_groups[0]["lr"])
        return original(self, *rest)  # type: ignore[arg-type]

    torch.optim.SGD.step = watched  # type: ignore[method-assign,assignment]
    try:
        train(model, lambda x: {"loss": reconstruction(model, model.encode(x), x, protocol)}, task)
    finally:
        torch.optim.SGD.step = original  # type: ignore[method-assign]
    per_epoch = rates[::7]
    # The first epoch is the best; three bad ones follow, then the rate is halved; and so again.
    assert per_epoch == [1e-3] * 4 + [5e-4] * 3 + [2.5e-4]


def test_a_loss_that_is_no_number_ends_the_training_as_diverged() -> None:
    task = task_of()
    model = model_of(task)
    calls = iter([0.5] * 5 + [float("nan")] * 100)
    with pytest.raises(Diverged, match="'bad' is nan at step 6"):
        train_steps(model, lambda draw: {"bad": torch.tensor(next(calls))}, task, optimizers={})
    assert len(task.history) == 5


def test_a_closed_form_is_filled_once() -> None:
    task = task_of()
    model = model_of(task)
    solve(model, lambda: model.inactive_value.fill_(2.0), task)  # type: ignore[arg-type,return-value]
    assert model.inactive_value.tolist() == [2.0, 2.0]
    assert not model.training


@pytest.mark.parametrize(("likelihood", "reduction"), [("gaussian", "sum"), ("gaussian", "mean"), ("bernoulli", "sum")])
def test_the_reconstruction_term_has_the_protocols_reduction(likelihood: str, reduction: str) -> None:
    output = "sigmoid" if likelihood == "bernoulli" else "linear"
    protocol = Training(
        network=Mlp(hidden=(8,), output=output), likelihood=likelihood, reduction=reduction, batch_size=16, steps=1
    )
    task = task_of(protocol)
    model = model_of(task)
    x = torch.rand(5, 12, generator=torch.Generator().manual_seed(0))
    z = torch.randn(5, 2, generator=torch.Generator().manual_seed(1))
    out = model.decode(z)
    total = 0.0
    for i in range(5):
        for d in range(12):
            p, t = out[i, d].item(), x[i, d].item()
            total += (p - t) ** 2 if likelihood == "gaussian" else -(t * math.log(p) + (1 - t) * math.log(1 - p))
    expected = total / 5 if reduction == "sum" else total / 60
    assert reconstruction(model, z, x, protocol).item() == pytest.approx(expected, rel=1e-5)
