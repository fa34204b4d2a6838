"""Toys that do what the methods here don't: prune, train in stages, stop on a metric; killed, they end all the same."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from latentdim.conformance.tiny import VALUES, tiny_data
from latentdim.metrics.context import Measured
from latentdim.nets import Autoencoder, LatentModel, prune
from latentdim.records.folder import RunFolder
from latentdim.study.protocol import Optimizer, Schedule, Training
from latentdim.training import Hooks, Interrupted, Task, descend, train, train_steps
from latentdim.training.checkpoint import load_weights, save_weights
from latentdim.training.data import Data, Scaling, Split
from latentdim.training.optimizers import optimizer_of

DIM = 4
PER_EPOCH = 7
COSINE = Schedule(name="cosine")
Killed = Callable[..., None]


def task_in(folder: Path, optimizer: str = "adam") -> Task:
    protocol = Training(batch_size=16, epochs=4, schedule=COSINE, optimizer=Optimizer(name=optimizer))  # type: ignore[arg-type]
    data = tiny_data()

    def error(model: LatentModel, metric: str) -> Measured:
        return Measured((model.reconstruct(data.train.values) - data.train.values).square().mean().item(), 1)

    return Task(
        dim=DIM, data=data, protocol=protocol, names=("tiny", "probe", DIM, 3), folder=RunFolder(folder),
        checkpoint_seconds=0.0, metric_of=error,
    )  # fmt: skip


class Linear(LatentModel):
    """One layer each way, which loses latent dimensions; its prior is a Gaussian whose scale is learned apart."""

    present: Tensor

    def __init__(self, task: Task) -> None:
        super().__init__(dim=task.dim, shape=task.shape)
        draw = task.initialisation
        self.encoder, self.decoder = nn.Linear(VALUES, task.dim), nn.Linear(task.dim, VALUES)
        self.scale = nn.Linear(1, task.dim, bias=False)
        for weight in self.parameters():
            nn.init.normal_(weight, std=0.3, generator=draw)
        self.register_buffer("present", torch.arange(task.dim))

    @property
    def present_dim(self) -> int:
        return len(self.present)

    def close(self, kept: Tensor, optimizers: Any = ()) -> None:
        """Keep these of the present dimensions."""
        for tensor in (self.encoder.weight, self.encoder.bias, self.present):
            prune(tensor, kept, axis=0, optimizers=optimizers)
        prune(self.decoder.weight, kept, axis=1, optimizers=optimizers)

    def structure(self) -> dict[str, Any]:
        return {"present": self.present.tolist()}

    def restructure(self, structure: dict[str, Any]) -> None:
        here = self.present.tolist()
        self.close(torch.tensor([here.index(axis) for axis in structure.get("present", here)]))

    def encode(self, x: Tensor, *, sample: Any = None) -> Tensor:
        return self.spread(self.encoder(x), self.present)

    def decode(self, z: Tensor) -> Tensor:
        out: Tensor = self.decoder(z[:, self.present])
        return out

    def loss(self, batch: Tensor) -> dict[str, Tensor]:
        return {"reconstruction": (self.decode(self.encode(batch)) - batch).square().sum(dim=1).mean()}

    def close_the_weakest(self, optimizers: Any) -> None:
        norms = self.encoder.weight.norm(dim=1)
        self.close(norms.argsort(descending=True)[:-1].sort().values, optimizers)


def prunes_after_an_epoch(task: Task) -> Linear:
    """Closes a dimension as the second epoch ends, at step 14."""
    model = Linear(task)

    def epoch_end(epoch: int) -> None:
        if epoch == 1:
            model.close_the_weakest(task.optimizers.values())

    return train(model, model.loss, task, hooks=Hooks(epoch_end=epoch_end))


def prunes_within_an_epoch(task: Task) -> Linear:
    """Closes a dimension after step 10, in a step of its own making."""
    model = Linear(task)
    model.register_buffer("steps", torch.zeros((), dtype=torch.int64))
    optimizer = optimizer_of(task.protocol.optimizer, model.parameters())

    def step(draw: Callable[[], Tensor]) -> dict[str, Tensor]:
        terms = descend(lambda: model.loss(draw()), optimizer, task)
        model.steps += 1
        if model.steps == 10:
            model.close_the_weakest([optimizer])
        return terms

    return train_steps(model, step, task, optimizers={"main": optimizer})


def spreads(model: Linear, stage: Task) -> Linear:
    """Learns the scale of the prior from codes."""

    def loss(codes: Tensor) -> dict[str, Tensor]:
        noise = stage.draws("noise").normal(codes.shape)
        return {"scale": (codes.abs() - noise.abs() * model.scale(torch.ones(len(codes), 1))).square().mean()}

    train(model.scale, loss, stage)
    return model


def codes_of(model: Linear, task: Task) -> Data:
    with torch.no_grad():
        codes = model.encode(task.data.train.values)
    return Data(Split(codes), Split(codes[:0]), Split(codes[:0]), Scaling(1.0, 0.0))


def trains_in_two_stages(task: Task) -> Linear:
    model, first = Linear(task), task.stage("autoencoder")
    train(model, model.loss, first)
    return spreads(model, task.stage("prior", data=codes_of(model, task), protocol=Training(batch_size=16, steps=20)))


def draws_across_stages(task: Task) -> Linear:
    """Every training draws from the run's draws and from those of the first stage, and so does what lies between."""
    model, first = Linear(task), task.stage("first", protocol=Training(batch_size=16, steps=10))

    def loss(batch: Tensor) -> dict[str, Tensor]:
        noise = task.draws("noise").normal(batch.shape) + first.draws("noise").normal(batch.shape)
        return model.loss(batch + 0.1 * noise)

    train(model, loss, first)
    with torch.no_grad():
        model.encoder.bias += task.draws("noise").normal((task.dim,))
    train(model, loss, task)
    return train(model, loss, task.stage("last"))


def adds_a_stage(task: Task) -> Linear:
    model = Linear(task)
    train(model, model.loss, task)
    return spreads(model, task.stage("prior", data=codes_of(model, task)))


def stops_on_a_metric(task: Task) -> Linear:
    """Stops once two epochs lowered the error by less than a half; the value before lies in a buffer."""
    model = Linear(task)
    model.register_buffer("before", torch.tensor(torch.inf, dtype=torch.float64))

    def epoch_end(epoch: int) -> bool:
        now, before = task.measure("error"), model.before.item()
        model.before.fill_(now)
        return now > 0.9 * before

    return train(model, model.loss, task, hooks=Hooks(epoch_end=epoch_end))


def finished_twice(
    fit: Callable[[Task], Linear], folder: Path, killed: Killed, deaths: list[dict[str, Any]], **task: Any
) -> tuple[Linear, Task]:
    """Fit without a break, and killed several times on the way; both must be the same. Returns the latter."""
    reference = task_in(folder / "reference", **task)
    whole = fit(reference)
    for death in deaths:
        killed(partial(fit, task_in(folder / "broken", **task)), **death)
    resumed = task_in(folder / "broken", **task)
    again = fit(resumed)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    for one, two in [
        (reference, resumed),
        *((reference.stages[name], resumed.stages[name]) for name in reference.stages),
    ]:
        assert (one.history, one.steps) == (two.history, two.steps)
    return again, resumed


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "adagrad", "sgd"])
def test_a_toy_that_prunes_after_an_epoch(tmp_path: Path, killed: Killed, optimizer: str) -> None:
    deaths = [{"step": 13}, {"step": 14, "within_the_write": True}, {"step": 14}, {"step": 15}, {"step": 25}]
    model, task = finished_twice(prunes_after_an_epoch, tmp_path, killed, deaths, optimizer=optimizer)
    assert (model.present_dim, model.dim, task.resumed_step, task.steps) == (3, 4, 25, 28)
    assert model.encode(task.data.test.values).shape == (40, DIM)


def test_a_toy_that_prunes_within_an_epoch(tmp_path: Path, killed: Killed) -> None:
    model, task = finished_twice(prunes_within_an_epoch, tmp_path, killed, [{"step": step} for step in (9, 10, 12)])
    assert (model.present_dim, task.resumed_step) == (3, 12)


def test_a_pruned_models_weights_are_loaded_into_a_whole_one(tmp_path: Path) -> None:
    task = task_in(tmp_path)
    model = prunes_after_an_epoch(task)
    save_weights(model, RunFolder(tmp_path).model)
    restored = prunes_after_an_epoch(task_in(tmp_path))
    assert restored.present.tolist() == model.present.tolist()
    x = task.data.test.values
    assert torch.equal(restored.reconstruct(x), model.reconstruct(x))
    assert restored.encode(x)[:, [axis for axis in range(DIM) if axis not in model.present]].tolist() == [[0.0]] * 40


def test_weights_that_were_kept_before_the_pruning_are_restored_in_their_structure(tmp_path: Path) -> None:
    task = task_in(tmp_path)
    task.evaluate_every = 1
    model = prunes_after_an_epoch(task)
    save_weights(model, RunFolder(tmp_path).model)
    widths = {}
    for epoch in RunFolder(tmp_path).kept_epochs:
        again = task_in(tmp_path)
        again.weights = RunFolder(tmp_path).epoch(epoch)
        widths[epoch] = prunes_after_an_epoch(again).present_dim
    assert widths == {1: 4, 2: 4, 3: 3, 4: 3}  # it prunes once the second epoch was evaluated


@pytest.mark.parametrize(
    ("structure", "sentence"),
    [
        ({"present": [0, 1]}, r"doesn't fit the model in the structure of its header, {'present': \[0, 1\]}"),
        ({"present": [0, 1, 9]}, r"the model can't take the structure in its header, .* \(9 is not in list\)"),
        ({"present": []}, r"the model can't take the structure in its header, .* \(prune: \[\] are no different"),
    ],
)
def test_weights_that_dont_fit_their_structure_are_refused(tmp_path: Path, structure: Any, sentence: str) -> None:
    model = prunes_after_an_epoch(task_in(tmp_path))
    path = tmp_path / "weights.safetensors"
    model.structure = lambda: structure  # type: ignore[method-assign]
    save_weights(model, path)
    with pytest.raises(RuntimeError, match=sentence):
        load_weights(Linear(task_in(tmp_path)), path)


def test_a_checkpoint_whose_optimiser_doesnt_fit_is_refused(tmp_path: Path) -> None:
    task = task_in(tmp_path)
    task.stop_requested = lambda: len(task.history) > PER_EPOCH
    with pytest.raises(Interrupted):
        prunes_after_an_epoch(task)
    path = RunFolder(tmp_path).checkpoint
    with safe_open(path, framework="pt") as file:
        header = {"plain": file.metadata()["plain"]}
    tensors = load_file(path)
    tensors["optimizer/main/0/exp_avg"] = torch.zeros(2, VALUES)
    save_file(tensors, path, metadata=header)
    with pytest.raises(RuntimeError, match="'exp_avg' of parameter 0 of optimiser 'main' is \\(2, 12\\) there"):
        prunes_after_an_epoch(task_in(tmp_path))


def test_a_structure_for_a_model_that_has_one_only_is_refused(tmp_path: Path) -> None:
    task, path = task_in(tmp_path), tmp_path / "weights.safetensors"
    save_weights(Linear(task), path)
    with pytest.raises(RuntimeError, match="Autoencoder has one structure only"):
        load_weights(Autoencoder.build(task.protocol, dim=4, shape=(12,), generator=task.initialisation), path)


def test_two_stages(tmp_path: Path, killed: Killed) -> None:
    deaths = [{"step": 5, "part": "autoencoder"}, {"step": 28, "part": "autoencoder"}, {"step": 9, "part": "prior"}]
    _, task = finished_twice(trains_in_two_stages, tmp_path, killed, deaths)
    first, second = task.stages.values()
    assert (first.resumed_step, second.resumed_step, task.steps) == (28, 9, 0)  # straight to the unfinished stage


def test_stages_that_draw_from_the_run_and_from_each_other(tmp_path: Path, killed: Killed) -> None:
    deaths = [{"step": 4, "part": "first"}, {"step": 10, "part": "first"}, {"step": 9, "part": "broken"}]
    deaths += [{"step": 5, "part": "last"}, {"step": 17, "part": "last"}]
    _, task = finished_twice(draws_across_stages, tmp_path, killed, deaths)
    assert [part.resumed_step for part in (task.stages["first"], task, task.stages["last"])] == [10, 28, 17]


def test_a_stage_after_the_runs_own_training(tmp_path: Path, killed: Killed) -> None:
    deaths = [{"step": 5, "part": "broken"}, {"step": 9, "part": "prior"}]
    _, task = finished_twice(adds_a_stage, tmp_path, killed, deaths)
    assert (task.resumed_step, task.stages["prior"].resumed_step) == (28, 9)


def test_a_toy_that_stops_on_a_metric(tmp_path: Path, killed: Killed) -> None:
    _, task = finished_twice(stops_on_a_metric, tmp_path, killed, [{"step": 5}, {"step": 7}, {"step": 12}])
    assert task.steps == 14
