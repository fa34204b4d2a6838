"""Recommended sizes of listed data, one JSON line each; what is there already isn't asked about again.

A stopped case goes on where it was: its data and trainings stay in a folder of its own until it has its line.
"""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

import latentdim
from benchmarks.recommend_accuracy.size_cases import SizeCase
from latentdim.harness.environment import commit
from latentdim.recommendation.document import Recommendation
from latentdim.recommendation.recommending import Request, recommended
from latentdim.system.files import append_line, read_lines, write_atomic
from latentdim.system.problems import DataRefused

BUDGET, SEEDS = "2m", 3
WHY_MORE = "data that close on themselves"  # of the sentence that explains a size above the intrinsic dimension


def due(cases: Iterable[SizeCase], journal: Path, *, most: int | None = None) -> Iterator[SizeCase]:
    """The first so many cases that the journal lacks."""
    done = {line["case"] for line in read_lines(journal)}
    return islice((case for case in cases if case.name not in done), most)


def recommend_all(cases: Iterable[SizeCase], *, journal: Path, folder: Path) -> None:
    """Append a line for each case, with the version of the code that made it."""
    for case in cases:
        place = folder / case.name
        start, before = time.monotonic(), _core_seconds()
        result = asked(case, place)
        line = {
            "case": case.name, "aim": case.aim, "family": case.family, "dim": case.dim, "rows": case.rows,
            "columns": case.columns, "turned": case.turned, "noise": case.noise, **result,
            "seconds": round(time.monotonic() - start, 1), "core_seconds": round(_core_seconds() - before, 1),
            "budget": BUDGET, "version": latentdim.__version__, "commit": commit(),
        }  # fmt: skip
        append_line(journal, line)
        shutil.rmtree(place)
        print(line, flush=True)


def asked(case: SizeCase, place: Path) -> dict[str, Any]:
    """What is recommended for a case, with all that the aims are about; or ``refusal``, and no size."""
    data = place / f"{case.family}.npy"
    if not data.exists():
        place.mkdir(parents=True, exist_ok=True)
        points = case.points().astype(np.float32)
        write_atomic(data, lambda path: _saved(path, points))
    request = Request(str(data), budget=BUDGET, seeds=SEEDS, device="cpu", out=place / "out", results=place / "results")
    try:
        return summary(recommended(request))
    except DataRefused as refusal:
        return {"value": None, "low": None, "high": None, "exit_code": 1, "refusal": str(refusal)[:200]}


def summary(answer: Recommendation) -> dict[str, Any]:
    """Of an answer, what the aims are about."""
    low, high = answer.interval or (None, None)
    return {
        "value": answer.recommended_dim, "low": low, "high": high, "exit_code": answer.exit_code, "kind": answer.kind,
        "explained": any(WHY_MORE in reason for reason in answer.reasons),
        "intrinsic": answer.intrinsic.dim if answer.intrinsic else None,
        "votes": {vote.method: sorted(vote.counts.values()) for vote in answer.votes},
        "errors": {size.dim: list(size.errors.values()) for size in answer.sweep},
    }  # fmt: skip


def _saved(path: Path, points: np.ndarray[Any, Any]) -> None:
    with path.open("wb") as file:
        np.save(file, points)


def _core_seconds() -> float:
    """Of this process and all that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
