"""The clock of a training: seconds over all the processes that took part in it, measuring left out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Clock:
    """Runs from its making on.

    Args:
        device: whose work counts; what it still has to do is waited for before the clock is stopped.
        seconds: what earlier processes spent.
    """

    def __init__(self, device: torch.device, *, seconds: float = 0.0) -> None:
        self.device = device
        self._started = time.monotonic() - seconds

    @property
    def seconds(self) -> float:
        """Spent so far."""
        return time.monotonic() - self._started

    def wait(self) -> None:
        """Wait until the device has done what it was given."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stand still for the length of a block."""
        self.wait()
        paused_at = time.monotonic()
        try:
            yield
            self.wait()
        finally:
            self._started += time.monotonic() - paused_at
