"""What results take on disk, study by study, and what no study asks for any more."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from latentdim.plan.plan import Plan
from latentdim.system.leases import Held, lease


@dataclass(frozen=True)
class Usage:
    """What one study's folders take.

    Attributes:
        runs: run folders that are there.
        run_bytes: of them; a run that several studies share counts in each.
        data_bytes: of the prepared data that its runs read, likewise.
    """

    study: str
    runs: int
    run_bytes: int
    data_bytes: int


def usage_of(plan: Plan) -> Usage:
    """What one study takes."""
    runs = [folder for folder in dict.fromkeys(map(plan.folder, plan.runs)) if folder.is_dir()]
    data = {spec.folder(plan.results) for spec in plan.datasets.values()}
    name = f"{plan.name}, stand-ins" if plan.stand_ins else plan.name
    return Usage(name, len(runs), sum(map(size_of, runs)), sum(map(size_of, data)))


def unclaimed(results: Path, plans: Sequence[Plan]) -> list[Path]:
    """Folders of runs and of prepared data that none of the plans asks for, in the order of their paths."""
    claimed = {plan.folder(run) for plan in plans for run in plan.runs}
    claimed |= {spec.folder(results) for plan in plans for spec in plan.datasets.values()}
    there = [*results.glob("runs/*/*/L*/*/seed*"), *results.glob("data/*/*")]
    return sorted(folder for folder in there if folder.is_dir() and folder not in claimed)


def remove(folders: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Delete folders one by one; each that is kept is given back with the reason: a process is at work in it."""
    for folder in folders:
        try:
            with lease(folder / "lease"):
                # Renamed first: whoever reads meanwhile finds all of it or nothing.
                doomed = folder.with_name(f".{folder.name}.removed")
                folder.rename(doomed)
            shutil.rmtree(doomed)
        except Held as held:
            yield folder, str(held)
        except OSError as error:
            yield folder, error.strerror or str(error)
        _remove_empty(folder.parent)


def _remove_empty(folder: Path) -> None:
    """Remove a folder and those above it, up to ``results``' own, as far as they hold nothing any more."""
    while folder.parent.parent.name and folder.name not in {"runs", "data"}:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder; 0 where there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
