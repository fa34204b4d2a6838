"""The clock of a training: seconds over all the processes that took part in it."""

from __future__ import annotations

import time


class Clock:
    """Runs from its making on.

    Args:
        seconds: what earlier processes spent.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self._started = time.monotonic() - seconds

    @property
    def seconds(self) -> float:
        """Spent so far."""
        return time.monotonic() - self._started
