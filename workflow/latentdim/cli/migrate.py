"""``latentdim migrate``: finished runs of an earlier version carried over, and what can't be, told."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from latentdim.cli.disk import plans_of
from latentdim.system.counting import counted
from latentdim.system.problems import InputError

if TYPE_CHECKING:
    from latentdim.records.migrate import Migration


def migrate(given: argparse.Namespace) -> int:
    """Carry runs over and print what became of them."""
    from latentdim.plan.preflight import unwritable
    from latentdim.records.migrate import Migration
    from latentdim.system.leases import Held, lease

    old: Path = given.former or given.results
    if not (old / "runs").is_dir():
        raise InputError("the command line", [f"--from {old}: there is no folder 'runs' in it"])
    if not given.dry_run and (problems := unwritable(given.results)):
        raise InputError("the command line", problems)
    migration = Migration(old, given.results, plans_of(given), dry=given.dry_run)
    if given.dry_run:
        migration.migrate()
    else:
        try:
            with lease(given.results / ".migrate.lease"):
                migration.migrate()
        except Held as held:
            raise InputError(f"results folder '{given.results}'", [f"another migration is under way, {held}"]) from held
    print("\n".join(_told(migration)))
    return 0


def _told(migration: Migration) -> Iterator[str]:
    yield f"{'would be carried' if migration.dry else 'carried'}  {_group(migration.carried)}"
    if migration.values:
        yield f"  with {_values(migration.values)}"
    if migration.values_left:
        yield f"  without {_values(migration.values_left)}, whose values may be others now"
    if migration.carried:
        yield "  from the carried weights the next `latentdim run` measures what lacks, and draws examples"
    if migration.present:
        yield f"carried before  {_group(migration.present)}"
    for reason, paths in migration.left.items():
        yield f"left  {_group(paths)}: {reason}"


def _group(paths: Iterable[str]) -> str:
    """For example ``17 runs: constant, pca on digits, synthetic_8``."""
    parts = [path.split("/") for path in paths]
    if not parts:
        return "0 runs"
    methods, datasets = (", ".join(sorted({part[place] for part in parts})) for place in (2, 1))
    return f"{counted(len(parts), 'run')}: {methods} on {datasets}"


def _values(counts: dict[str, int]) -> str:
    return f"{counted(sum(counts.values()), 'value')} of {', '.join(sorted(counts))}"
