"""What conformance needs from outside: an Inception for tiny pictures, and a way to kill a training."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from latentdim.metrics.features import inception
from latentdim.metrics.features import inception_file as weights
from latentdim.training import checkpoint, saving


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
        save(path, counters=counters, **rest)  # type: ignore[arg-type]
        if due:
            die()

    saving.save_checkpoint = watched  # type: ignore[assignment]
