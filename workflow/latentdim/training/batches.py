"""The batches of an epoch: its examples, in an order that the epoch's number fixes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from latentdim.system.problems import ContractBroken
from latentdim.training.task import Task


class Batches:
    """Batches of full size; a short last one is left out.

    Args:
        examples: positions of the training examples that an epoch goes through; None is all of them.

    Attributes:
        per_epoch: how many batches an epoch has; the first one's tell it, and every other has as many.
    """

    def __init__(self, task: Task, *, examples: Callable[[int], Tensor] | None) -> None:
        self.task = task
        self.examples = examples
        self.size = task.protocol.batch_size
        self._order: tuple[int, Tensor] | None = None
        self._place: tuple[int, int] | None = None
        values = task.data.train.values
        stored = values.new_empty((self.size, *values.shape[1:]))
        self._memory = stored, torch.empty_like(stored, dtype=torch.float32)
        self._batch = self._memory[1]
        self.per_epoch = len(self._indices(0)) // self.size

    def at(self, epoch: int, position: int) -> Tensor:
        """One batch as the network sees it, ``(batch_size, *shape)`` float32.

        The next one is laid over it: who wants to keep a batch clones it.

        Raises:
            ContractBroken: if the epoch has another number of batches than the first one.
        """
        if self._place != (epoch, position):
            indices = self._ordered(epoch)[position * self.size : (position + 1) * self.size]
            self._batch = self.task.examples(indices, into=self._memory)
            self._place = epoch, position
        return self._batch

    def _ordered(self, epoch: int) -> Tensor:
        """The epoch's positions, shuffled and on the device."""
        if self._order is None or self._order[0] != epoch:
            indices = self._indices(epoch)
            count = len(indices) // self.size
            if count != self.per_epoch:
                raise ContractBroken(
                    f"Hooks.examples: epoch {epoch} has {count} batches ({len(indices)} examples) and epoch 0 "
                    f"has {self.per_epoch}; a training's length is told from the first, so all need as many"
                )
            shuffled = self.task.order(epoch).permutation(len(indices))
            self._order = epoch, indices[shuffled].to(self.task.device)
        return self._order[1]

    def _indices(self, epoch: int) -> Tensor:
        return self.examples(epoch) if self.examples else torch.arange(self.task.n_train)
