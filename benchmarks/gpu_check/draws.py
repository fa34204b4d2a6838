"""Draws of the check's own: the same numbers on every device, and numbers for all members of an ensemble at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from latentdim.nets.draws import Draws


class _Indirect(Draws):
    """Draws that get their numbers from elsewhere."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def get(self, kind: str, *arguments: Any) -> Tensor:
        """The numbers of one call."""
        raise NotImplementedError

    def normal(self, shape: Sequence[int]) -> Tensor:
        """Standard normal numbers of a shape."""
        return self.get("normal", tuple(shape))

    def uniform(self, shape: Sequence[int]) -> Tensor:
        """Numbers of a shape, uniform on [0, 1)."""
        return self.get("uniform", tuple(shape))

    def integers(self, high: int, shape: Sequence[int]) -> Tensor:
        """Whole numbers of a shape, uniform on 0 … high − 1."""
        return self.get("integers", high, tuple(shape))

    def permutation(self, n: int) -> Tensor:
        """0 … n − 1 in random order."""
        return self.get("permutation", n)


class Moved(_Indirect):
    """Numbers drawn on the CPU and moved to a device."""

    def __init__(self, source: Draws, device: torch.device) -> None:
        super().__init__(device)
        self.source = source

    def get(self, kind: str, *arguments: Any) -> Tensor:
        """The numbers of one call."""
        drawn: Tensor = getattr(self.source, kind)(*arguments)
        return drawn.to(self.device)


class Members(_Indirect):
    """One purpose's draws of all members of an ensemble, for a step that is vmapped over them.

    Inside ``vmap`` nobody may draw, so a step's calls are written down once, and then answered with numbers that each
    member's own draws gave ahead, in the same order as if it were trained alone.
    """

    def __init__(self, members: Sequence[Draws]) -> None:
        super().__init__(members[0].device)
        self.members = members
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.answers: Iterator[Tensor] | None = None

    def get(self, kind: str, *arguments: Any) -> Tensor:
        """The next answer; before there are any, the call is written down and answered with numbers of no account."""
        if self.answers is not None:
            return next(self.answers)
        self.calls.append((kind, arguments))
        drawn: Tensor = getattr(Draws.named("calls", device=self.device), kind)(*arguments)
        return drawn

    def ahead(self) -> list[Tensor]:
        """The next step's answers, one a call, members first."""
        return [torch.stack([getattr(member, kind)(*given) for member in self.members]) for kind, given in self.calls]

    @contextmanager
    def answering(self, answers: Sequence[Tensor]) -> Iterator[None]:
        """Within the block calls get these answers."""
        self.answers = iter(answers)
        try:
            yield
        finally:
            self.answers = iter(())
