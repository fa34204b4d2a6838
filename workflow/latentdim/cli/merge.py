"""``latentdim merge``: finished runs of another machine taken in, and what contradicts, told."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from latentdim.system.counting import counted
from latentdim.system.problems import InputError

if TYPE_CHECKING:
    from latentdim.records.merge import Merger


def merge(given: argparse.Namespace) -> int:
    """Take runs in and print what became of them; 1 where numbers contradict, or a run couldn't be taken."""
    from latentdim.plan.preflight import unwritable
    from latentdim.records.merge import CONTRADICTING, Merger

    other: Path = given.other
    if not (other / "runs").is_dir():
        raise InputError("the command line", [f"'{other}': there is no folder 'runs' in it"])
    if other.resolve() == given.results.resolve():
        raise InputError("the command line", [f"'{other}' is the results folder itself; name another with --results"])
    if problems := unwritable(given.results):
        raise InputError("the command line", problems)
    merger = Merger(other, given.results)
    merger.merge()
    print(_counts(merger))
    for path, differences in merger.contradictions.items():
        print(f"contradicts  {path}: {'; '.join(differences)}", file=sys.stderr)
    if merger.contradictions:
        print(f"the others' are kept in {given.results / CONTRADICTING}", file=sys.stderr)
    for path, reason in merger.left.items():
        print(f"left  {path}: {reason}", file=sys.stderr)
    return 1 if merger.contradictions or merger.left else 0


def _counts(merger: Merger) -> str:
    parts = [
        f"{counted(len(merger.taken), 'run')} taken in", f"{len(merger.completed)} completed by metrics or examples",
        f"{len(merger.equal)} equal", f"{len(merger.contradictions)} with other numbers",
    ]  # fmt: skip
    return ", ".join(parts)
