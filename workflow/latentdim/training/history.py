"""The history of a training: means of its loss terms over some steps at a time, and what the method observes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from latentdim.training.checkpoint import Counters
from latentdim.training.hooks import Diverged, Terms

ROWS = 50


@dataclass(frozen=True)
class Unread:
    """A row that still lies on the device.

    Attributes:
        sums: by loss term, over ``steps`` updates; the last of them was update ``step``, in epoch ``epoch`` (from 0).
        observed: what the method observed then.
    """

    step: int
    epoch: int
    steps: int
    sums: Terms
    observed: dict[str, float | Tensor]


class History:
    """The rows so far, and the sums of the row that isn't full yet.

    Nothing is read back from the device inside an epoch: rows that are written within one wait there.

    Args:
        counters: hold the rows that were read, and how many updates the sums cover.
        sums: by loss term, on the device.
        observe: extra columns of a method's own.
    """

    def __init__(
        self, counters: Counters, sums: Terms, *, observe: Callable[[], Mapping[str, float | Tensor]] | None = None
    ) -> None:
        self.counters = counters
        self.sums = sums
        self.observe = observe
        self.unread: list[Unread] = []

    @property
    def rows(self) -> list[dict[str, float]]:
        """The rows that were read."""
        return self.counters.history

    def add(self, terms: Terms) -> None:
        """Add a step's terms up."""
        for name, term in terms.items():
            if name in self.sums:
                self.sums[name].add_(term.detach())
            else:
                wide = torch.float64 if term.device.type == "cpu" else torch.float32
                self.sums[name] = term.detach().to(wide, copy=True)
        self.counters.summed += 1

    def due(self, total: int) -> bool:
        """Whether a row falls due within an epoch: some fifty are written over a training, and one at its end."""
        return self.counters.step % math.ceil(total / ROWS) == 0 or self.counters.step == total

    def write_row(self) -> None:
        """Close the row: means since the last one, their total, and what the method observes now."""
        counters = self.counters
        observed: dict[str, float | Tensor] = {}
        if self.observe:
            with torch.no_grad():
                for name, value in self.observe().items():
                    observed[name] = value.detach().clone() if isinstance(value, Tensor) else value
        self.unread.append(Unread(counters.step, counters.epoch, counters.summed, self.sums, observed))
        self.sums, counters.summed = {}, 0

    def read(self) -> None:
        """Read the waiting rows back.

        Raises:
            Diverged: if a mean isn't finite.
        """
        for row in self.unread:
            self.rows.append(_values(row))
        self.unread = []


def _values(row: Unread) -> dict[str, float]:
    seen = {name: value for name, value in row.observed.items() if isinstance(value, Tensor)}
    read = torch.stack([value.to(torch.float64) for value in (*row.sums.values(), *seen.values())]).tolist()
    means = {name: value / row.steps for name, value in zip(row.sums, read[: len(row.sums)], strict=True)}
    for name, mean in means.items():
        if not math.isfinite(mean):
            raise Diverged(f"the loss term '{name}' is {mean} at step {row.step}")
    where = {"step": float(row.step), "epoch": float(row.epoch + 1)}
    observed = row.observed | dict(zip(seen, read[len(row.sums) :], strict=True))
    return where | means | {"loss": sum(means.values())} | observed
