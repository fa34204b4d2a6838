"""Steps that are recorded and replayed: which are, when, and that a training then gives the same bits."""

import importlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from latentdim.conformance.tiny import tiny_data
from latentdim.nets.architectures.mlp import Mlp
from latentdim.records.folder import RunFolder
from latentdim.registry import methods
from latentdim.registry.declarations import resolve
from latentdim.study.protocol import Optimizer, Schedule, Training
from latentdim.training import Interrupted, Task
from latentdim.training.optimizers import optimizer_of
from latentdim.training.replay import LEAST_STEPS, WARM, Replay, can_replay

CONSTANT, COSINE = Schedule(name="constant"), Schedule(name="cosine")
PROTOCOL = Training(network=Mlp(hidden=(8,)), batch_size=8, steps=40)  # 15 batches an epoch
LOOP = importlib.import_module("latentdim.training.loop")


class Recorder:
    """In place of graphs: what was recorded is carried out from Python, on the batch that it was recorded with."""

    def __init__(self, *_: object) -> None:
        self.recorded = 0
        recorders.append(self)

    def __call__(self, update: Callable[[], dict[str, Tensor]]) -> Callable[[], dict[str, Tensor]]:
        self.recorded += 1
        return update


recorders: list[Recorder] = []


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> list[Recorder]:
    """Every training records its steps."""
    monkeypatch.setattr(LOOP, "can_replay", lambda *_: True)
    monkeypatch.setattr(LOOP, "Graphs", Recorder)
    recorders.clear()
    return recorders


def fitted(name: str, **rest: object) -> tuple[dict[str, Tensor], list[dict[str, float]]]:
    task = Task(dim=3, data=tiny_data(), protocol=PROTOCOL, names=("tiny", name, 3, 0), **rest)  # type: ignore[arg-type]
    method = methods().get(name)
    model = resolve(method.runner)(task, method.config(**method.tried_with))
    return model.state_dict(), task.history


@pytest.mark.parametrize("name", ["vae", "ard_vae", "maskaae", "two_stage_vae"])
def test_a_training_whose_steps_are_replayed_gives_the_same_bits(name: str, recording: list[Recorder]) -> None:
    again, same = fitted(name)
    assert sum(recorder.recorded for recorder in recording) >= 2  # an epoch each
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(LOOP, "can_replay", lambda *_: False)
        weights, history = fitted(name)
    assert history == same
    assert all(torch.equal(again[key], value) for key, value in weights.items())


def test_stopped_within_an_epoch_and_gone_on_with(recording: list[Recorder], tmp_path: Path) -> None:
    weights, history = fitted("vae")
    folder = RunFolder(tmp_path)
    asked = iter([False] * 19)
    with pytest.raises(Interrupted):
        fitted("vae", folder=folder, stop_requested=lambda: next(asked, True))
    again, same = fitted("vae", folder=folder)
    assert len(recording) == 3
    assert history == same
    assert all(torch.equal(again[key], value) for key, value in weights.items())


def test_each_epoch_is_recorded_anew_and_short_rests_of_one_are_not() -> None:
    done: list[str] = []
    batch = torch.zeros(())

    def record(update: Callable[[], dict[str, Tensor]]) -> Callable[[], dict[str, Tensor]]:
        done.append("recorded")
        update()
        return lambda: done.append("replayed") or {}  # type: ignore[func-returns-value]

    def step(draw: Callable[[], Tensor]) -> dict[str, Tensor]:
        draw()
        done.append("from Python")
        return {}

    replay = Replay(step, record)
    for epoch, length in ((0, LEAST_STEPS + WARM), (1, LEAST_STEPS), (2, LEAST_STEPS - 1)):
        for position in range(length):
            replay(lambda: batch, epoch=epoch, steps_left=length - position)
    first = ["recorded", "from Python", *["replayed"] * LEAST_STEPS]
    assert done == ["from Python"] * WARM + first + first + ["from Python"] * (LEAST_STEPS - 1)


def test_a_batch_is_laid_only_for_a_step_that_reads_it() -> None:
    laid: list[int] = []

    def lay() -> Tensor:
        laid.append(1)
        return torch.zeros(())

    replay = Replay(lambda draw: {}, lambda update: update() or (lambda: {}))  # type: ignore[func-returns-value]
    for position in range(20):
        replay(lay, epoch=0, steps_left=20 - position)
    assert len(laid) == 1  # to record with


def test_which_trainings_are_replayed() -> None:
    def allowed(
        *, device: str = "cuda", replayable: bool = True, schedule: Schedule = CONSTANT, name: str = "adam"
    ) -> bool:
        task = SimpleNamespace(device=torch.device(device), replayable=replayable)
        optimizer = optimizer_of(Optimizer(name=name), [torch.nn.Parameter(torch.zeros(1))])  # type: ignore[arg-type]
        return can_replay(task, [optimizer], schedule)  # type: ignore[arg-type]

    assert allowed()
    assert allowed(schedule=Schedule(name="plateau"))
    assert allowed(name="sgd")
    assert allowed(name="rmsprop")
    assert not allowed(name="adagrad")  # counts its steps on the host
    assert not allowed(device="cpu")
    assert not allowed(replayable=False)
    assert not allowed(schedule=COSINE)  # another rate at each step
