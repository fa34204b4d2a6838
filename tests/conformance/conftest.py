"""What conformance needs: an Inception for tiny pictures, a way to kill a training, and a method to train in stages."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from latentdim import registry
from latentdim.metrics.features import inception
from latentdim.metrics.features import inception_file as weights
from latentdim.nets import Autoencoder, reconstruction
from latentdim.registry.declarations import Method, MethodConfig
from latentdim.training import Hooks, Task, checkpoint, saving, train


def fit_in_stages(task: Task, config: MethodConfig) -> Autoencoder:
    """An autoencoder trained in two halves, which draw from the run's draws and keep the error after each epoch."""
    model = Autoencoder.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.register_buffer("error", torch.zeros((), dtype=torch.float64))
    steps = task.protocol.steps and task.protocol.steps // 2

    def loss(x: Tensor) -> dict[str, Tensor]:
        noise = 0.1 * task.draws("noise").normal((len(x), task.dim))
        return {"reconstruction": reconstruction(model, model.encode(x) + noise, x, task.protocol)}

    def epoch_end(epoch: int) -> None:
        running = list(task.stages.values())[-1]
        model.error.fill_(running.measure("mse_per_pixel"))

    for name in ("first", "second"):
        stage = task.stage(name, protocol=task.protocol.model_copy(update={"steps": steps}))
        train(model, loss, stage, hooks=Hooks(epoch_end=epoch_end))
    return model


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try what asks for a ``trained_method`` on every method that takes steps, and on a toy in stages that measures."""
    if "trained_method" in metafunc.fixturenames:
        toy = Method(
            name="in_stages",
            config=MethodConfig,
            runner=f"{__name__}:fit_in_stages",
            source="",
            measures=("mse_per_pixel",),
        )
        methods = [*(method for method in registry.methods() if "steps" not in method.unused_fields), toy]
        metafunc.parametrize("trained_method", methods, ids=[method.name for method in methods])


@pytest.fixture
def quick_inception(inception_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights, and images at a size that the first layers take: a FID within milliseconds."""
    monkeypatch.setenv(weights.VARIABLE, str(inception_file))
    monkeypatch.setattr(inception, "SIDE", 35)


@pytest.fixture
def killed() -> Callable[..., None]:
    """A function that does some work in a forked child which is killed right after it saved a checkpoint."""

    def run(work: Callable[[], object], *, step: int, part: str = "", within_the_write: bool = False) -> None:
        """Kill ``work`` after the checkpoint of a step.

        Args:
            part: name of the folder that the checkpoint lies in (a stage's, say); any where left out.
            within_the_write: kill it with half of the file written.
        """
        torch.set_num_threads(1)  # forking a process with running thread pools is not safe
        child = os.fork()
        if child == 0:
            _die_after(step, part, within_the_write)
            work()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the child ended by itself, so nothing was interrupted"
        assert os.WTERMSIG(status) == signal.SIGKILL

    return run


def _die_after(step: int, part: str, within_the_write: bool) -> None:
    save, write = saving.save_checkpoint, checkpoint.save_file

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def half(tensors: object, path: Path, **rest: object) -> None:
        write(tensors, path, **rest)  # type: ignore[arg-type]
        os.truncate(path, path.stat().st_size // 2)
        die()

    def watched(path: Path, *, counters: checkpoint.Counters, **rest: object) -> None:
        due = counters.step == step and part in {"", path.parent.name}
        if due and within_the_write:
            checkpoint.save_file = half  # type: ignore[assignment]
        if due or counters.finished:  # others would be overwritten, and large models take a while to write
            save(path, counters=counters, **rest)  # type: ignore[arg-type]
        if due:
            die()

    saving.save_checkpoint = watched  # type: ignore[assignment]
