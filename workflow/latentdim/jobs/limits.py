"""Time limits of jobs: the plan's estimate, corrected by what like runs took, with a margin. No torch.

Which runs make a job never depends on it. Every process of an invocation has to name the same limit, so the first one
writes them down, and those inside jobs read them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from latentdim.outcomes.durations import Durations
from latentdim.outcomes.outcomes import Outcome
from latentdim.plan.plan import Pack, Plan
from latentdim.system.files import read_json, write_json

FEWEST_MINUTES = 10  # a cold start over a network file system takes minutes, however short the work
SAFETY = 3.0  # the estimate against a slow, shared node


def gpus_of(plan: Plan) -> int:
    """GPUs of a job: one, unless the study is for the CPU."""
    return 0 if plan.study.execution.device == "cpu" else 1


def minutes_of(pack: Pack, durations: Durations | None = None, *, device: str = "cuda") -> int:
    """The time limit of a job's first attempt.

    Args:
        durations: of finished runs; the longest of those that are alike counts. A search has its worst case.
    """
    expected = pack.minutes
    if durations is not None and pack.search is None:
        ratios = ((run, durations.longest(run, device)) for run in pack.runs)
        expected = sum(run.cell.minutes(run.dim) * (1.0 if ratio is None else ratio) for run, ratio in ratios)
    return max(FEWEST_MINUTES, math.ceil(SAFETY * expected))


def write_limits(plan: Plan, outcomes: Sequence[Outcome]) -> None:
    """Write down the limits that records correct; without any the file goes."""
    durations = Durations.of(outcomes)
    device = "cuda" if gpus_of(plan) else "cpu"
    limits = {pack.id: minutes_of(pack, durations, device=device) for pack in plan.packs.values()}
    corrected = {name: limit for name, limit in limits.items() if limit != minutes_of(plan.packs[name])}
    file = _file(plan)
    if corrected and read_json(file) != corrected:
        write_json(file, corrected)
    elif not corrected:
        file.unlink(missing_ok=True)


def read_limits(plan: Plan) -> dict[str, int]:
    """The corrected limits by pack."""
    content = read_json(_file(plan))
    return content if isinstance(content, dict) else {}


def _file(plan: Plan) -> Path:
    return plan.file.with_name(f"{plan.name}.limits.json")
