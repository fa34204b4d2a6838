"""Draws: the random numbers of one purpose, and the only way that a model, a method or a metric gets any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from latentdim.system.seeds import torch_stream

ROWS = 1000  # that are drawn at a time; whole multiples of it follow on each other without a gap


class Draws:
    """Random numbers of one purpose, on one device; float32 unless they are integers.

    Each call goes on where the last one ended. Whoever is given draws must use nothing else of torch's generators: an
    engine that trains several runs at once hands in draws that give each of them numbers of its own.

    Attributes:
        device: where the numbers are drawn and lie.
    """

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator
        self.device = generator.device

    @classmethod
    def named(cls, *names: str | int, device: torch.device | str = "cpu") -> Self:
        """Fresh draws fixed by these names alone."""
        return cls(torch_stream(*names, device=device))

    def normal(self, shape: Sequence[int]) -> Tensor:
        """Standard normal numbers of a shape."""
        return torch.randn(tuple(shape), generator=self._generator, device=self.device)

    def uniform(self, shape: Sequence[int]) -> Tensor:
        """Numbers of a shape, uniform on [0, 1)."""
        return torch.rand(tuple(shape), generator=self._generator, device=self.device)

    def integers(self, high: int, shape: Sequence[int]) -> Tensor:
        """Whole numbers of a shape, uniform on 0 … high − 1, int64."""
        return torch.randint(high, tuple(shape), generator=self._generator, device=self.device)

    def permutation(self, n: int) -> Tensor:
        """0 … n − 1 in random order, int64."""
        return torch.randperm(n, generator=self._generator, device=self.device)

    def rows(self, n: int, width: int) -> Tensor:
        """``n`` rows of standard normal numbers, ``(n, width)``, such that more rows keep the first ones.

        They are drawn in whole blocks of :data:`ROWS`, of which the last may be cut: what torch draws for one shape
        doesn't begin as what it draws for a larger one (on the CPU only in multiples of 16 numbers, on a GPU never).
        """
        blocks = [self.normal((ROWS, width)) for _ in range(-(-n // ROWS))]
        return torch.cat(blocks)[:n] if blocks else torch.empty(0, width, device=self.device)

    def state(self) -> Tensor:
        """Where they stand, as bytes for a checkpoint."""
        return self._generator.get_state()

    def join(self, graph: torch.cuda.CUDAGraph) -> None:
        """Go on drawing where a CUDA graph that is about to be recorded will be replayed."""
        graph.register_generator_state(self._generator)

    def restore(self, state: Tensor) -> None:
        """Go on from a state that draws on the same kind of device gave."""
        self._generator.set_state(state)
