"""Where a method takes part in a training, and how a training ends early."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

Terms = dict[str, Tensor]
Loss = Callable[[Tensor], Terms]
Step = Callable[[Callable[[], Tensor]], Terms]


class Diverged(Exception):
    """A loss term is no longer a finite number. A scientific outcome, not a bug."""


class Interrupted(Exception):
    """The process was asked to stop; the training's state is saved."""


@dataclass(frozen=True)
class Hooks:
    """Where a method takes part in an epoch.

    Attributes:
        examples: positions of the training examples that an epoch goes through; a pure function of its number, since a
            resumed training asks again. All by default.
        epoch_start: called once as each epoch begins.
        observe: extra columns for the history, called as each row is written.
        finish: called before weights are kept: after the last step, and after each epoch whose validation loss is the
            lowest so far. It may set buffers that only the finished model reads, and must leave the training alone.
    """

    examples: Callable[[int], Tensor] | None = None
    epoch_start: Callable[[int], None] | None = None
    observe: Callable[[], dict[str, float]] | None = None
    finish: Callable[[], None] | None = None
