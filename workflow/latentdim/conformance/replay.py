"""Whether a method that is declared replayable is: its steps do the same to the same memory, one as the other.

A CUDA graph repeats what it recorded. So the operations of two steps of one epoch are listed, with all numbers that
Python hands them and with where in memory they read what the step itself hasn't made; the lists must be equal. That is
tried on the CPU, and says whether what a GPU records in one step is right for the others.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map_only

from latentdim.training import train
from latentdim.training.hooks import Terms
from latentdim.training.loop import Loop
from latentdim.training.replay import WARM

BARRED = {
    "aten._local_scalar_dense": "reads a number back from the device",
    "aten.lift_fresh": "brings a number of Python's to the device",
}


class Operations(TorchDispatchMode):
    """Lists operations: by name, with their settings, and with each tensor's place.

    Attributes:
        listed: one line an operation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.listed: list[str] = []
        self.made: dict[int, str] = {}  # by address: which operation of the step made what lies there now
        self.kept: list[Any] = []  # so that no address is given away twice

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Carry an operation out, and list it."""
        settings = dict(kwargs or {})
        if func.namespace == "profiler":  # marks of torch's own
            return func(*args, **settings)
        inputs = tree_map_only(Tensor, self._place, (args, settings))
        inputs = tree_map_only(torch.Generator, lambda _: "draws", inputs)
        self.listed.append(f"{func}{inputs}")
        outputs = func(*args, **settings)
        before = {_address(value) for value in tree_flatten((args, settings))[0] if isinstance(value, Tensor)}
        for number, value in enumerate(tree_flatten(outputs)[0]):
            if isinstance(value, Tensor) and _address(value) not in before:
                self.made[_address(value)] = f"output {number} of operation {len(self.listed)}"
        self.kept.append(outputs)
        return outputs

    def _place(self, tensor: Tensor) -> str:
        place = self.made.get(_address(tensor), f"memory at {_address(tensor):#x}")
        return f"{place} {tuple(tensor.shape)}{tuple(tensor.stride())}+{tensor.storage_offset()}"


def _address(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def listed_steps(fit: Callable[[], object]) -> list[list[list[str]]]:
    """The operations of the last two steps of an epoch, the first that a GPU would replay; a list a training."""
    trainings: list[list[list[str]]] = []

    class ListingLoop(Loop):
        def run(self) -> None:
            trainings.append([])
            super().run()

        def update(self) -> Terms:
            steps, counters = trainings[-1], self.counters
            if len(steps) == 2 or counters.step < WARM or counters.position < self.per_epoch - 2:
                return super().update()
            batch = self.batches.at(counters.epoch, counters.position)
            with Operations() as operations:
                terms = self.step(lambda: batch)
            steps.append(operations.listed)
            return terms

    with mock.patch.object(importlib.import_module(train.__module__), "Loop", ListingLoop):
        fit()
    return trainings


def is_replayable(fit: Callable[[], object]) -> Iterator[str]:
    """What two steps of one epoch do otherwise than each other, or what no graph can hold; a sentence a training."""
    for steps in listed_steps(fit):
        for number, (one, other) in enumerate(zip_longest(*steps), start=1):
            if barred := [what for name, what in BARRED.items() if str(one).startswith(name)]:
                yield f"replayable: operation {number} of a step {barred[0]}, which a recorded step can't"
                break
            if one != other:
                yield f"replayable: operation {number} of a step is {one}, and of the next step {other}"
                break
