"""Where a method takes part in a training, and how a training ends early."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    """Where a method takes part in a training. An epoch has the same number, from 0, in every hook.

    All but ``examples`` run without gradients; ``epoch_start`` and ``epoch_end`` in evaluation mode.

    Attributes:
        examples: positions of the training examples that an epoch goes through; a pure function of its number, since a
            resumed training asks again. Each epoch needs the same number of whole batches. All by default.
        epoch_start: called once as each epoch begins.
        epoch_end: called last after each whole epoch; true stops the training, which then counts as finished. It may
            measure (``task.measure``) and prune (:func:`latentdim.nets.prune`).
        observe: extra columns for the history, called as each row is written; tensors of one number are read back
            after the epoch.
        finish: called before weights are kept or measured: after the last step, after each epoch whose validation loss
            is the lowest so far, and before each measurement. It may set buffers that only the finished model reads,
            and must leave the training alone. Where the training goes on afterwards, so do all draws, from where they
            stood before the call.
    """

    examples: Callable[[int], Tensor] | None = None
    epoch_start: Callable[[int], None] | None = None
    epoch_end: Callable[[int], bool | None] | None = None
    observe: Callable[[], Mapping[str, float | Tensor]] | None = None
    finish: Callable[[], None] | None = None
