"""After an epoch: a method that stops, weights that are kept, metrics that change no trained number."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from latentdim.conformance.tiny import tiny_data
from latentdim.metrics.context import Measured
from latentdim.nets import Autoencoder, LatentModel, reconstruction
from latentdim.nets.architectures.mlp import Mlp
from latentdim.records.folder import RunFolder
from latentdim.study.protocol import Training
from latentdim.training import Hooks, Task, train
from latentdim.training.checkpoint import load_weights

PER_EPOCH = 7
PROTOCOL = Training(network=Mlp(hidden=(8,)), batch_size=16, epochs=4)


def task_of(**given: Any) -> Task:
    return Task(dim=2, data=tiny_data(), protocol=PROTOCOL, names=("tiny", "test", 2, 0), **given)


def trained(task: Task, hooks: Hooks | None = None) -> Autoencoder:
    model = Autoencoder.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    return train(
        model, lambda x: {"loss": reconstruction(model, model.encode(x), x, PROTOCOL)}, task, hooks=hooks or Hooks()
    )


def equal(one: LatentModel, two: LatentModel) -> bool:
    return all(torch.equal(value, two.state_dict()[name]) for name, value in one.state_dict().items())


def test_a_method_stops_its_training_after_an_epoch() -> None:
    ended: list[int] = []

    def epoch_end(epoch: int) -> bool:
        ended.append(epoch)
        return epoch == 1

    task = task_of()
    trained(task, Hooks(epoch_end=epoch_end))
    assert ended == [0, 1]
    assert task.steps == task.history[-1]["step"] == 2 * PER_EPOCH


def test_a_stopped_training_has_the_weights_of_that_epoch(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    whole = trained(task_of(folder=folder, evaluate_every=2))
    stopped = trained(task_of(), Hooks(epoch_end=lambda epoch: epoch == 1))
    assert folder.kept_epochs == [2, 4]
    kept = trained(task_of(), Hooks(epoch_end=lambda epoch: True))
    load_weights(kept, folder.epoch(2))
    assert equal(kept, stopped)
    load_weights(kept, folder.epoch(4))
    assert equal(kept, whole)


def draws_much(model: LatentModel, *rest: object) -> float:
    """A measurement that leaves as many traces as it can: random numbers, gradients, the mode."""
    assert not model.training
    with torch.enable_grad():
        value = model.reconstruct(torch.rand(5, 12)).sum()
        value.backward()
    return value.item()


def test_measuring_changes_no_trained_number() -> None:
    plain = task_of()
    expected = trained(plain)
    measured: list[float] = []
    task = task_of(
        metric_of=lambda model, name: Measured(draws_much(model), 1),
        evaluate_every=1,
        evaluate=lambda model, epochs: {"m": draws_much(model)},
    )
    model = trained(task, Hooks(epoch_end=lambda epoch: measured.append(task.measure("m"))))
    assert equal(expected, model)
    assert len(measured) == 4
    assert [row.get("m") is not None for row in task.history] == [row["step"] % PER_EPOCH == 0 for row in task.history]
    assert [{k: v for k, v in row.items() if k != "m"} for row in task.history] == plain.history


def test_the_model_is_complete_when_it_is_measured_and_back_in_training_afterwards() -> None:
    model_seen: list[bool] = []
    task = task_of(metric_of=lambda model, name: Measured(float(model.inactive_value[0]), 1))

    def step_end(batch: Tensor) -> dict[str, Tensor]:
        model_seen.append(model.training)
        return {"loss": reconstruction(model, model.encode(batch), batch, PROTOCOL)}

    model = Autoencoder.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    values: list[float] = []
    hooks = Hooks(
        epoch_end=lambda epoch: values.append(task.measure("m")), finish=lambda: model.inactive_value.add_(1.0)
    )  # type: ignore[arg-type,return-value]
    train(model, step_end, task, hooks=hooks)
    assert values == [1.0, 2.0, 3.0, 4.0]
    assert model.inactive_value.tolist() == [5.0, 5.0]
    assert all(model_seen)


def test_measuring_where_nobody_can_is_told() -> None:
    task = task_of()
    with pytest.raises(RuntimeError, match=r"task.measure\('fid'\): nothing is being trained; call it from a hook"):
        task.measure("fid")
    with pytest.raises(RuntimeError, match=r"task.measure\('fid'\): this task was made outside of a harness"):
        trained(task, Hooks(epoch_end=lambda epoch: task.measure("fid") > 1))


def test_rows_within_an_epoch_hold_what_was_observed_then() -> None:
    task, seen = task_of(), []
    model = Autoencoder.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    weight = next(model.parameters())

    def observe() -> dict[str, Tensor]:
        seen.append(weight[0, 0].item())
        return {"weight": weight[0, 0]}

    train(
        model,
        lambda x: {"loss": reconstruction(model, model.encode(x), x, PROTOCOL)},
        task,
        hooks=Hooks(observe=observe),
    )
    assert [row["weight"] for row in task.history] == seen
    assert len(set(seen)) > 20


@pytest.mark.parametrize("where", ["evaluate_every", "measure", "validation"])
def test_a_finish_that_draws_changes_no_trained_number(where: str) -> None:
    def run(watched: bool) -> tuple[Autoencoder, Task]:
        data, protocol = tiny_data(), PROTOCOL
        if where == "validation":
            data = replace(data, validation=data.test) if watched else data
        task = Task(
            dim=2, data=data, protocol=protocol, names=("tiny", "test", 2, 0), metric_of=lambda *_: Measured(0.0, 1)
        )
        task.evaluate_every = 1 if watched and where == "evaluate_every" else None
        model = Autoencoder.build(protocol, dim=2, shape=task.shape, generator=task.initialisation)
        stage = task.stage("before")
        stage.draws("noise")

        def loss(x: Tensor) -> dict[str, Tensor]:
            noise = torch.zeros(x.shape)
            if model.training:  # whatever the validation loss draws does count
                noise = task.draws("noise").normal(x.shape) + stage.draws("noise").normal(x.shape)
            return {"loss": reconstruction(model, model.encode(x + noise), x, protocol)}

        def finish() -> None:
            drawn = [part.draws(name).normal((2,)) for part in (task, stage) for name in ("noise", "own")]
            model.inactive_value.copy_(sum(drawn))

        def epoch_end(epoch: int) -> None:
            if watched and where == "measure":
                task.measure("m")

        return train(model, loss, task, hooks=Hooks(finish=finish, epoch_end=epoch_end)), task

    (plain, one), (watched, two) = run(False), run(True)
    assert equal(plain, watched)
    assert plain.inactive_value.all()
    assert torch.equal(one.draws("own").normal((3,)), two.draws("own").normal((3,)))
