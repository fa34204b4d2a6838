"""``latentdim du`` and ``latentdim clean``: what results take on disk, and removing what no study asks for."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from latentdim.system.counting import counted
from latentdim.system.problems import InputError

if TYPE_CHECKING:
    from latentdim.plan.plan import Plan


def du(given: argparse.Namespace) -> int:
    """Print a line a study, and one for what no study asks for."""
    from latentdim.jobs.disk import size_of, unclaimed, usage_of

    plans = plans_of(given)
    print(f"{'study':24} {'runs':>6} {'runs, MB':>10} {'data, MB':>10}")
    for plan in plans:
        usage = usage_of(plan)
        print(f"{usage.study:24} {usage.runs:6} {_mb(usage.run_bytes):>10} {_mb(usage.data_bytes):>10}")
    for kind, title in (("runs", "runs of no study"), ("data", "data of no study")):
        folders = [folder for folder in unclaimed(given.results, plans) if given.results / kind in folder.parents]
        print(f"{title:24} {len(folders):6} {_mb(sum(map(size_of, folders))):>10}")
    shared = [name for name in ("features", "logs", "stamps", "plans") if (given.results / name).is_dir()]
    print(f"{', '.join(shared)}: {_mb(sum(size_of(given.results / name) for name in shared))} MB")
    return 0


def clean(given: argparse.Namespace) -> int:
    """List what no study asks for; with ``--delete`` remove it."""
    from latentdim.jobs.disk import remove, size_of, unclaimed

    folders = unclaimed(given.results, plans_of(given))
    for folder in folders:
        print(f"{_mb(size_of(folder)):>10} MB  {folder}")
    total = f"{counted(len(folders), 'folder')}, {_mb(sum(map(size_of, folders)))} MB, that no study asks for"
    if not given.delete:
        print(f"{total}; nothing was removed: --delete does that")
        return 0
    kept = list(remove(folders))
    for folder, reason in kept:
        print(f"kept {folder}: {reason}", file=sys.stderr)
    print(f"{total}; {counted(len(folders) - len(kept), 'folder')} removed")
    return 1 if kept else 0


def plans_of(given: argparse.Namespace) -> list[Plan]:
    """All studies of this repository, and those named, at all their scales, with stand-ins and without.

    Raises:
        InputError: if one of them has problems: its runs couldn't be told from those of no study.
    """
    from latentdim.plan.expand import plan_study
    from latentdim.study.naming import every_scale, study_names

    names = dict.fromkeys([*study_names(), *given.studies])
    if not names:
        raise InputError("the command line", ["there is no study here; run this at the repository's root or name one"])
    scaled = [one for name in names for one in every_scale(name)]
    plans = [plan_study(one, results=given.results) for one in scaled]
    others = {plan.name: plan for plan in (plan_study(one, results=given.results, stand_ins=True) for one in scaled)}
    return [*plans, *(others[plan.name] for plan in plans if others[plan.name].stand_ins != plan.stand_ins)]


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f}"
