"""What a runner returns is held against the contract before anything is measured."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor, nn

from latentdim import registry
from latentdim.cli.main import main
from latentdim.conformance.tiny import tiny_data
from latentdim.harness.fitting import fitted
from latentdim.nets import Autoencoder, LatentModel
from latentdim.nets.architectures.mlp import Mlp
from latentdim.records.folder import RunFolder
from latentdim.registry.declarations import Method, MethodConfig
from latentdim.study.protocol import Training
from latentdim.system.problems import ContractBroken
from latentdim.training import Hooks, Task, train
from latentdim.training.checkpoint import save_weights

PROTOCOL = Training(network=Mlp(hidden=(8,)), batch_size=16, steps=5)
Fit = Callable[[Task, MethodConfig], Any]


def model_of(task: Task, dim: int | None = None) -> Autoencoder:
    return Autoencoder.build(task.protocol, dim=dim or task.dim, shape=task.shape, generator=task.initialisation)


class Widens(Autoencoder):
    """One number more than it owns up to."""

    def encode(self, x: Tensor, *, sample: Any = None) -> Tensor:
        return torch.nn.functional.pad(super().encode(x), (0, 1))

    def decode(self, z: Tensor) -> Tensor:
        return super().decode(z[:, :-1])


class Narrows(Autoencoder):
    """Leaves values of the examples out."""

    def decode(self, z: Tensor) -> Tensor:
        return super().decode(z)[:, 1:]


class Counts(Autoencoder):
    """Says how many dimensions are active, not which."""

    def active(self) -> Tensor:
        return torch.tensor(2)


def built(kind: type[Autoencoder]) -> Fit:
    return lambda task, config: kind.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)


REFUSED: dict[str, tuple[Fit, str]] = {
    "nothing": (lambda task, config: None, "returns nothing; the trained LatentModel is due"),
    "a layer": (lambda task, config: nn.Linear(2, 2), "returns a Linear; the trained LatentModel is due"),
    "another dimension": (lambda task, config: model_of(task, 3), ": dim is 3 where 2 is due (L = 2)"),
    "a wider code": (built(Widens), ": encode gives the shape (2, 3) where (2, 2) is due (L = 2)"),
    "a narrower example": (built(Narrows), ": decode gives the shape (2, 11) where (2, 12) is due (L = 2)"),
    "a count": (built(Counts), ": active gives torch.int64 of the shape () where bool of (2,) is due (L = 2)"),
}


@pytest.fixture
def declared() -> Iterator[Callable[[Fit], Method]]:
    """A function that registers a method ``planted`` with some ``fit``."""

    def plant(fit: Fit, *, measures: Any = ()) -> Method:
        module = ModuleType("planted_method")
        module.fit = fit  # type: ignore[attr-defined]
        sys.modules["planted_method"] = module
        method = Method(name="planted", config=MethodConfig, runner="planted_method:fit", source="this test")
        method = replace(method, measures=measures)
        registry.methods().declarations["planted"] = method  # type: ignore[index]
        return method

    yield plant
    registry.methods().declarations.pop("planted", None)  # type: ignore[attr-defined]
    sys.modules.pop("planted_method", None)


def task_in(folder: Path | None) -> Task:
    names = ("tiny", "planted", 2, 0)
    return Task(dim=2, data=tiny_data(), protocol=PROTOCOL, names=names, folder=folder and RunFolder(folder))


@pytest.mark.parametrize(("fit", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cant_be_measured_is_refused(fit: Fit, sentence: str, declared: Callable[[Fit], Method]) -> None:
    with pytest.raises(ContractBroken) as refusal:
        fitted(task_in(None), declared(fit), MethodConfig())
    assert str(refusal.value) == ("planted_method:fit" + (" " if sentence[0] == "r" else "") + sentence)


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """A function that runs the planted method on digits, and returns its record."""

    def run(code: int = 0, **training: Any) -> dict[str, Any]:
        protocol = {"training": {"batch_size": 100, "steps": 5} | training}
        grid = [{"datasets": ["digits"], "methods": {"planted": {}}, "dims": [2]}]
        study = {"title": "A study", "metrics": ["active", "train_seconds"], "protocol": protocol, "grid": grid}
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
        options = ["--results", str(tmp_path), "--device", "cpu", "--no-report"]
        assert main(["run", str(tmp_path / "study.yaml"), *options]) == code
        (path,) = (tmp_path / "runs").rglob("record.json")
        content: dict[str, Any] = json.loads(path.read_text())
        return content | {"folder": path.parent}

    return run


def test_a_refused_run_is_recorded_as_failed_with_that_sentence(
    declared: Callable[[Fit], Method], recorded: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    declared(REFUSED["a wider code"][0])
    record = recorded(1)
    assert record["status"] == "failed"
    assert record["reason"] == "planted_method:fit: encode gives the shape (2, 3) where (2, 2) is due (L = 2)"
    assert "Traceback" not in capsys.readouterr().err
    assert not (record["folder"] / "model.safetensors").exists()


def error_of(model: LatentModel, x: Tensor) -> dict[str, Tensor]:
    return {"error": (model.reconstruct(x) - x).square().mean()}


def test_the_record_tells_seconds_and_steps_by_stage(
    declared: Callable[[Fit], Method], recorded: Callable[..., dict[str, Any]]
) -> None:
    def fit(task: Task, config: MethodConfig) -> LatentModel:
        model = model_of(task)
        train(model, partial(error_of, model), task)
        train(model, partial(error_of, model), task.stage("again", protocol=PROTOCOL.model_copy(update={"steps": 7})))
        return model

    declared(fit)
    record = recorded()
    timing, folder = record["timing"], record["folder"]
    assert timing["steps"] == 5 + 7
    assert timing["stages"]["again"]["steps"] == 7
    assert 0 < timing["stages"]["again"]["train_seconds"] < timing["train_seconds"]
    assert not list(folder.rglob("checkpoint.safetensors"))
    lines = (folder / "stages" / "again" / "history.csv").read_text().splitlines()
    assert (lines[0], len(lines)) == ("step,epoch,error,loss", 1 + 7)
    assert recorded() == record  # nothing is done again


def test_a_method_stops_on_a_metric_of_its_validation_part(
    declared: Callable[..., Method], recorded: Callable[..., dict[str, Any]]
) -> None:
    values: list[float] = []

    def fit(task: Task, config: MethodConfig) -> LatentModel:
        model = model_of(task)

        def epoch_end(epoch: int) -> bool:
            values.append(task.measure("mse_per_pixel"))
            held_out = task.data.batch(task.data.validation, 0, len(task.data.validation))
            expected = (model.reconstruct(held_out) - held_out).double().square().mean().item()
            assert values[-1] == pytest.approx(expected, rel=1e-5)
            return epoch == 1

        return train(model, partial(error_of, model), task, hooks=Hooks(epoch_end=epoch_end))

    declared(fit, measures=("mse_per_pixel",))
    record = recorded(steps=60, n_validation=238)
    assert (len(values), record["timing"]["steps"]) == (2, 24)
    assert record["declared"]["metric mse_per_pixel"] == registry.metrics().get("mse_per_pixel").version


def test_a_declaration_says_how_its_metrics_are_measured(
    declared: Callable[..., Method], recorded: Callable[..., dict[str, Any]]
) -> None:
    """The silhouette of one axis alone, under k-means' labels in three clusters, with its null beside it."""
    told: list[tuple[int, int]] = []

    class OneAxis(Autoencoder):
        def active(self) -> Tensor:
            return torch.tensor([True, False])

    def fit(task: Task, config: MethodConfig) -> LatentModel:
        model = OneAxis.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)

        def epoch_end(epoch: int) -> bool:
            measured = task.measurement("silhouette")
            assert measured.value == task.measure("silhouette")
            assert measured.floor
            task.record({"silhouette": measured.value, "null": measured.floor.value})
            told.append((measured.detail["dim"], measured.detail["clusters"]))  # type: ignore[attr-defined]
            return epoch == 1

        return train(model, partial(error_of, model), task, hooks=Hooks(epoch_end=epoch_end))

    settings = {"axes": "active", "silhouette": {"clusters": 3, "n": 20}}
    declared(fit, measures=lambda config: {"silhouette": settings})
    record = recorded(steps=60, n_validation=238)
    assert record["declared"]["metric silhouette"] == registry.metrics().get("silhouette").version
    assert told == [(1, 3)] * 2


def test_what_a_hook_records_stands_in_the_epochs_row(
    declared: Callable[..., Method], recorded: Callable[..., dict[str, Any]]
) -> None:
    rows: list[dict[str, float]] = []

    def fit(task: Task, config: MethodConfig) -> LatentModel:
        model = model_of(task)
        with pytest.raises(RuntimeError, match="the history has no row yet"):
            task.record({"found": 0.0})

        def epoch_end(epoch: int) -> None:
            task.record({"found": 10.0 * epoch})
            rows.append(task.history[-1])

        return train(model, partial(error_of, model), task, hooks=Hooks(epoch_end=epoch_end))

    declared(fit)
    recorded(steps=36, n_validation=238)
    assert [(row["epoch"], row["found"]) for row in rows] == [(1.0, 0.0), (2.0, 10.0), (3.0, 20.0)]


def test_a_metric_that_the_declaration_doesnt_list_is_refused(
    declared: Callable[..., Method], recorded: Callable[..., dict[str, Any]]
) -> None:
    def fit(task: Task, config: MethodConfig) -> LatentModel:
        model, hooks = model_of(task), Hooks(epoch_end=lambda epoch: task.measure("mse_per_pixl") < 1)
        return train(model, partial(error_of, model), task, hooks=hooks)

    declared(fit, measures=("mse_per_pixel",))
    assert recorded(1, steps=60)["reason"] == (
        "task.measure('mse_per_pixl'): the declaration of 'planted' doesn't list it under 'measures'; did you mean "
        "'mse_per_pixel'? (known: mse_per_pixel)"
    )


def test_a_finished_run_trained_in_stages_is_restored_whole(tmp_path: Path, declared: Callable[[Fit], Method]) -> None:
    def fit(task: Task, config: MethodConfig) -> LatentModel:
        model = model_of(task)
        train(model, lambda x: {"error": (model.reconstruct(x) - x).square().mean()}, task.stage("only"))
        return model

    method = declared(fit)
    model = fitted(task_in(tmp_path), method, MethodConfig())
    save_weights(model, RunFolder(tmp_path).model)
    task = task_in(tmp_path)
    restored = fitted(task, method, MethodConfig())
    assert task.stages["only"].steps == 0
    for name, value in model.state_dict().items():
        assert torch.equal(value, restored.state_dict()[name])
