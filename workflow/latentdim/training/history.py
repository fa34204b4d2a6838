"""The history of a training: means of its loss terms over some steps at a time, and what the method observes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from latentdim.training.checkpoint import Counters
from latentdim.training.hooks import Diverged, Terms

ROWS = 50


class History:
    """The rows so far, and the sums of the row that isn't full yet.

    Args:
        counters: hold the finished rows, and how many updates the sums cover.
        sums: by loss term, on the device.
        observe: extra columns of a method's own.
    """

    def __init__(
        self, counters: Counters, sums: Terms, *, observe: Callable[[], dict[str, float]] | None = None
    ) -> None:
        self.counters = counters
        self.sums = sums
        self.observe = observe

    @property
    def rows(self) -> list[dict[str, float]]:
        """Finished rows."""
        return self.counters.history

    def add(self, terms: Terms) -> None:
        """Add a step's terms up on the device: nothing is read back inside an epoch."""
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
        """Means since the last row, their total, and what the method observes.

        Raises:
            Diverged: if one of the means isn't finite.
        """
        counters = self.counters
        values = torch.stack([value.to(torch.float64) for value in self.sums.values()]).tolist()
        row = {"step": float(counters.step), "epoch": float(counters.epoch + 1)}
        row |= {name: value / counters.summed for name, value in zip(self.sums, values, strict=True)}
        for name in self.sums:
            if not math.isfinite(row[name]):
                raise Diverged(f"the loss term '{name}' is {row[name]} at step {counters.step}")
        row["loss"] = sum(row[name] for name in self.sums)
        if self.observe:
            with torch.no_grad():
                row |= self.observe()
        self.rows.append(row)
        self.sums, counters.summed = {}, 0
