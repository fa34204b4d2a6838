"""What each job asks for: threads, time, memory, a GPU, prepared data. No torch.

The first process of an invocation works it out from its plan and writes it down. Those that a cluster starts inside
each job, which evaluate the Snakefile again, read it and plan nothing.

The time limit is the plan's estimate, corrected by what like runs took, with a margin. Which runs make a job never
depends on it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from latentdim.outcomes.durations import Durations
from latentdim.outcomes.outcomes import Outcome
from latentdim.plan.plan import Pack, Plan
from latentdim.system.files import read_json, write_text

FEWEST_MINUTES = 10  # a cold start over a network file system takes minutes, however short the work
SAFETY = 3.0  # the estimate against a slow, shared node


@dataclass(frozen=True, kw_only=True)
class Request:
    """What one job asks for at its first attempt.

    Attributes:
        title: what it does, for its message.
        data: the stamp of the prepared data that it needs.
    """

    title: str
    threads: int
    gpus: int
    memory_mb: int
    minutes: int
    data: str


def requests_of(plan: Plan, outcomes: Sequence[Outcome] = ()) -> dict[str, Request]:
    """What each job of a study asks for, by pack.

    Args:
        outcomes: of its runs, where they are read: finished ones correct the time.
    """
    gpus = 0 if plan.study.execution.device == "cpu" else 1
    durations, device = Durations.of(outcomes), "cuda" if gpus else "cpu"
    return {
        pack.id: Request(
            title=f"{pack.title} (about {pack.minutes:.1f} core minutes)", threads=pack.threads, gpus=gpus,
            memory_mb=pack.memory_mb, minutes=_minutes(pack, durations, device=device),
            data=str(pack.dataset.stamp(plan.results)),
        )
        for pack in plan.packs.values()
    }  # fmt: skip


def _minutes(pack: Pack, durations: Durations, *, device: str) -> int:
    """The time limit: of runs that are alike the longest counts; a search has its worst case."""
    expected = pack.minutes
    if durations.ratios and pack.search is None:
        ratios = ((run, durations.longest(run, device)) for run in pack.runs)
        expected = sum(run.cell.minutes(run.dim) * (1.0 if ratio is None else ratio) for run, ratio in ratios)
    return max(FEWEST_MINUTES, math.ceil(SAFETY * expected))


def write_requests(results: Path, study: str, requests: dict[str, Request]) -> None:
    """Write down what a study's jobs ask for, where it changed."""
    content = {name: asdict(request) for name, request in requests.items()}
    if read_json(_file(results, study)) != content:
        write_text(_file(results, study), json.dumps(content))


def read_requests(results: Path, study: str) -> dict[str, Request]:
    """What the first process wrote down; empty where there is nothing that this version understands."""
    content = read_json(_file(results, study))
    try:
        return {name: Request(**fields) for name, fields in (content or {}).items()}
    except (TypeError, AttributeError):
        return {}


def studies_needing(results: Path, stamp: Path) -> list[str]:
    """Studies with a job that asks for prepared data, by what was written down."""
    ending = _file(results, "").name
    names = sorted(path.name.removesuffix(ending) for path in _file(results, "").parent.glob(f"*{ending}"))
    return [name for name in names if any(one.data == str(stamp) for one in read_requests(results, name).values())]


def _file(results: Path, study: str) -> Path:
    return results / "plans" / f"{study}.jobs.json"
