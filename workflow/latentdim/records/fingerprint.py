"""A fingerprint of the code behind a run: its method's runner, its network, and those of our modules that they import.

Comments, docstrings and layout don't count. A record keeps it, so that a report can mark numbers which an edited
runner might no longer give; nothing is run again because of it (that is what a declaration's ``version`` is for).
"""

from __future__ import annotations

import hashlib
from functools import cache

from latentdim.records.source_code import source_code, source_file
from latentdim.registry.declarations import Method, Network

# Modules whose code can move a number; the rest of the package writes files and talks to people.
NUMERICAL = (
    "methods.",
    "latentdim.nets",
    "latentdim.training",
    "latentdim.metrics.relevance",
    "latentdim.system.seeds",
)
SILENT = tuple(f"latentdim.training.{name}" for name in ("progress", "clock", "checkpoint", "saving"))


@cache
def fingerprint(method: Method, network: Network | None) -> str:
    """Twelve hexadecimal digits; empty where the runner's source can't be found.

    Args:
        network: the protocol's, which no import statement leads to; None for a method that uses none.
    """
    runner = method.runner.partition(":")[0]
    if source_file(runner) is None:
        return ""
    roots = (runner, *((network.layers.__module__, network.options.__module__) if network else ()))
    # A package outside: all of it that the runner or the network leads to counts.
    outside = tuple({f"{root.split('.')[0]}." for root in roots} - {"latentdim.", "methods."})
    reached: set[str] = set()
    for module in roots:
        _reach(module, reached, NUMERICAL + outside)
    total = hashlib.sha256()
    for module in sorted(reached):
        code = source_code(module)
        total.update(f"{module} {code.meaning if code else ''}".encode())
    return total.hexdigest()[:12]


def _reach(module: str, reached: set[str], numerical: tuple[str, ...]) -> None:
    """Add a module and, transitively, the numerical modules that it imports."""
    code = source_code(module) if module not in reached else None
    if code is None:
        return
    reached.add(module)
    for imported in code.imports:
        if imported.startswith(numerical) and not imported.startswith(SILENT):
            _reach(imported, reached, numerical)
