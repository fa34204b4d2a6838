"""A further training inside a run: streams, history and steps of its own, and an end that is kept."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from latentdim.conformance.tiny import tiny_data
from latentdim.records.folder import RunFolder
from latentdim.study.protocol import Training
from latentdim.training import Task, train

PROTOCOL = Training(batch_size=16, steps=10)


def task_in(folder: Path | None) -> Task:
    names = ("tiny", "test", 2, 0)
    return Task(dim=2, data=tiny_data(), protocol=PROTOCOL, names=names, folder=folder and RunFolder(folder))


def shift(task: Task) -> nn.Module:
    """Train one layer towards the examples' mean."""
    layer = nn.Linear(1, 12, bias=False)
    nn.init.zeros_(layer.weight)

    def loss(batch: Tensor) -> dict[str, Tensor]:
        noise = 0.1 * task.draws("noise").normal(batch.shape)
        return {"distance": (batch + noise - layer(torch.ones(len(batch), 1))).square().mean()}

    return train(layer, loss, task)


def test_a_stage_has_streams_steps_and_a_history_of_its_own() -> None:
    task = task_in(None)
    first, second = task.stage("one"), task.stage("two", protocol=Training(batch_size=16, steps=4))
    weights = [shift(part).weight for part in (task, first, second)]  # type: ignore[union-attr]
    assert [part.steps for part in (task, first, second)] == [10, 10, 4]
    assert [len(part.history) for part in (task, first, second)] == [10, 10, 4]
    assert not torch.equal(weights[0], weights[1])  # type: ignore[arg-type]
    assert list(task.stages) == ["one", "two"]
    assert not task.streams.keys() - {"noise"}


def test_a_stage_takes_other_data() -> None:
    task = task_in(None)
    data = task.data
    stage = task.stage("codes", data=replace(data, train=replace(data.train, values=data.train.values[:, :3])))
    assert (stage.shape, task.shape) == ((3,), (12,))


def test_a_stage_that_ended_is_taken_up_again_as_it_was(tmp_path: Path) -> None:
    first = task_in(tmp_path).stage("one")
    weight = shift(first).weight
    again = task_in(tmp_path).stage("one")
    assert torch.equal(shift(again).weight, weight)  # type: ignore[arg-type]
    assert (again.resumed_step, again.steps, again.history) == (10, 10, first.history)
    assert again.seconds == pytest.approx(first.seconds, abs=0.05)


def test_the_stages_of_a_finished_run_are_skipped(tmp_path: Path) -> None:
    shift(task_in(tmp_path).stage("one"))
    task = task_in(tmp_path)
    assert task.folder is not None
    task.folder.model.write_bytes(b"")
    stage = task.stage("one")
    assert not shift(stage).weight.any()  # type: ignore[operator]
    assert (stage.steps, stage.history) == (0, [])


@pytest.mark.parametrize("name", ["", "../up", "two words"])
def test_a_name_that_is_no_word_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a stage's name is letters, digits, '_' and '-'"):
        task_in(None).stage(name)


def test_a_name_given_twice_is_refused() -> None:
    task = task_in(None)
    task.stage("one")
    with pytest.raises(ValueError, match=r"task.stage\('one'\): the run has a stage of that name already"):
        task.stage("one")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "initialisation",
            r"task.draws\('initialisation'\): that name is reserved, for what initial weights are drawn",
        ),
        ("order", r"task.draws\('order'\): that name is reserved, for what the order of an epoch's batches is drawn"),
        ("stage/one/noise", "a '/' sets a stage's name apart from a purpose's"),
    ],
)
def test_draws_of_a_name_that_is_taken_are_refused(name: str, sentence: str) -> None:
    for draw in (task_in(None).draws, partial(task_in(None).draws_at, index=0)):
        with pytest.raises(ValueError, match=sentence):
            draw(name)


def test_a_part_names_the_streams_of_all_parts_from_where_it_stands() -> None:
    run = task_in(None)
    inner = run.stage("one").stage("inner")
    for part in (run, run.stages["one"], inner):
        part.draws("noise")
    assert list(run.all_streams) == ["noise", "one/noise", "one/inner/noise"]
    assert list(inner.all_streams) == ["/noise", "one/noise", "noise"]
    assert all(inner.stream_in_checkpoint(key) is draws for key, draws in inner.all_streams.items())
    assert not any(inner.stream_in_checkpoint("hook/noise") is draws for draws in inner.all_streams.values())


def test_each_access_to_the_initialisation_starts_anew() -> None:
    task = task_in(None)
    assert torch.equal(torch.rand(3, generator=task.initialisation), torch.rand(3, generator=task.initialisation))


def test_a_checkpoint_with_draws_of_the_stage_alone_is_taken_up(tmp_path: Path) -> None:
    first = task_in(tmp_path)
    first.draws("noise").normal((5,))
    weight = shift(first.stage("one")).weight
    path = RunFolder(tmp_path).stage("one").checkpoint
    with safe_open(path, framework="pt") as file:
        header = {"plain": file.metadata()["plain"]}  # of before checksums, too
    tensors = load_file(path)
    assert {name for name in tensors if name.startswith("stream/")} == {"stream/noise", "stream//noise"}
    save_file({name: value for name, value in tensors.items() if name != "stream//noise"}, path, metadata=header)
    again = task_in(tmp_path)
    assert torch.equal(shift(again.stage("one")).weight, weight)  # type: ignore[arg-type]
    assert again.streams == {}
