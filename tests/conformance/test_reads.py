"""No method reads anything back from the device inside an epoch: a GPU would stand still for it."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from latentdim.conformance.methods import DIM, TINY
from latentdim.conformance.tiny import tiny_data
from latentdim.harness.during import metric_of
from latentdim.registry.declarations import Method, resolve
from latentdim.training import Task
from latentdim.training.checkpoint import Counters
from latentdim.training.loop import Loop

READING = {"item", "tolist", "numpy", "cpu", "__float__", "__int__", "__bool__"}


class Reads(TorchFunctionMode):
    """Notes what reads a tensor back while an epoch is on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.counters: Counters | None = None
        self.within: set[str] = set()
        self.between = 0

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(function, "__name__", "")
        if name in READING and isinstance(args[0], Tensor) and self.counters:
            inside = 0 < self.counters.position < self.per_epoch
            self.within |= {name} if inside else set()
            self.between += not inside
        return function(*args, **(kwargs or {}))

    def watch(self, loop: Loop) -> None:
        self.counters, self.per_epoch = loop.counters, loop.per_epoch


def test_nothing_is_read_back_inside_an_epoch(trained_method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    method, protocol = trained_method, TINY.model_copy(update={"steps": None, "epochs": 3})
    names = ("tiny", method.name, DIM, 0)
    task = Task(dim=DIM, data=tiny_data(), protocol=protocol, names=names)
    config = method.config(**method.tried_with)
    task.metric_of = partial(metric_of, method=method, config=config, data=task.data, names=names, device=task.device)
    run, reads = Loop.run, Reads()

    def watched(loop: Loop) -> None:
        reads.watch(loop)
        run(loop)

    monkeypatch.setattr(Loop, "run", watched)
    with reads:
        resolve(method.runner)(task, config)
    assert reads.within == set()
    assert reads.between >= 3  # the history, after each epoch
    parts = [part for part in (task, *task.stages.values()) if part.steps]
    assert parts
    for part in parts:
        assert len(part.history) == part.steps >= 15


def test_a_value_that_is_read_back_is_noticed() -> None:
    reads = Reads()
    reads.counters, reads.per_epoch = Counters(position=1), 2
    with reads:
        torch.ones(()).item()
    assert reads.within == {"item"}
