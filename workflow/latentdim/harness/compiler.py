"""torch's compiler, kept out of processes that compile nothing.

torch's optimisers import it at their first step (``torch/optim/optimizer.py``, ``torch/_compile.py``) to tell it two
things that concern what it compiles alone. That costs a process a second of the processor and 150 MB.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import torch

COMPILER = "torch._dynamo"


class Deferred(ModuleType):
    """Stands where the compiler would; whatever else is asked of it brings the compiler itself."""

    @staticmethod
    def graph_break(*reason: str) -> None:
        """Where a compiled graph had to end: nothing is being compiled."""

    @staticmethod
    def disable(function: Callable[..., Any], *recursive: bool, **how: bool) -> Callable[..., Any]:
        """The function as what must not be compiled: nothing is."""
        return function

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":  # the import system asks for these of anything
            raise AttributeError(f"module '{COMPILER}' has no attribute '{name}' yet")
        if sys.modules.get(COMPILER) is self:
            del sys.modules[COMPILER]
        return getattr(import_module(COMPILER), name)


def defer_compiler() -> None:
    """Have the compiler imported once something is compiled, and not before."""
    if COMPILER not in sys.modules:
        torch._dynamo = sys.modules[COMPILER] = Deferred(COMPILER)
