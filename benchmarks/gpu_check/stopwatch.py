"""When steps within the engine's own training began and ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.gpu_check import engine
from latentdim.training.progress import Progress


class Enough(Exception):
    """Ends a training that has been timed for long enough."""


@dataclass
class Stopwatch(Progress):
    """Times steps within a training as long as a real one, so that history and synchronisation cost what they do there.

    Attributes:
        begin: called after the last step that doesn't count, end: after the last that does; both wait for the device
            and return the time.
    """

    warm: int = 0
    updates: int = 0
    begin: Callable[[], float] = time.monotonic
    end: Callable[[], float] = time.monotonic
    span: tuple[float, float] = (0.0, 0.0)

    def step(self, step: int, total: int, *, epoch: int, epochs: int) -> None:
        """Told after each step.

        Raises:
            Enough: after the last one that counts.
        """
        if step == self.warm:
            self.span = (self.begin(), 0.0)
        elif step == self.warm + self.updates:
            self.span = (self.span[0], self.end())
            raise Enough


def timed(
    make: Callable[..., engine.Task], name: str, *, updates: int, begin: Callable[[], float], end: Callable[[], float],
    warm: int = 10, replayed: bool = True,
) -> tuple[float, float]:  # fmt: skip
    """When so many updates of a method's training began and ended, after some that don't count.

    Args:
        make: a task of many more updates; is given ``progress``.
        begin, end: see :class:`Stopwatch`.
    """
    watch = Stopwatch(warm=warm, updates=updates, begin=begin, end=end)
    try:
        engine.fit(make(progress=watch), name, replayed=replayed)
    except Enough:
        return watch.span
    raise ValueError(f"{name} ended before {warm + updates} updates")
