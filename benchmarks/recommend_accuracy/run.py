"""Estimates of every contender for every case, one JSON line each; what is there already isn't done again."""

from __future__ import annotations

import time
import warnings
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import latentdim
from benchmarks.recommend_accuracy.cases import Case
from benchmarks.recommend_accuracy.contenders import FAST, SLOW
from latentdim.harness.environment import commit
from latentdim.intrinsic.estimate import intrinsic_dimension
from latentdim.system.files import append_line, read_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

OURS = "latentdim"
CONTENDERS = {**FAST, **SLOW}


def run(cases: Iterable[Case], *, names: Collection[str], journal: Path) -> None:
    """Append a line for each case and contender that the journal lacks, with the version of the code that made it."""
    done = {
        (line["family"], line["dim"], line["rows"], line["noise"], line["contender"]) for line in read_lines(journal)
    }
    for case in cases:
        due = [name for name in names if (*case.key, name) not in done]
        points = case.points() if due else None
        for name in due:
            start = time.perf_counter()
            result = estimated(name, points)
            line = {
                "kind": case.kind, "family": case.family, "dim": case.dim, "rows": case.rows, "noise": case.noise,
                "contender": name, **result, "seconds": round(time.perf_counter() - start, 3),
                "version": latentdim.__version__, "commit": commit(),
            }  # fmt: skip
            append_line(journal, line)
            print(line, flush=True)


def estimated(name: str, points: Array) -> dict[str, Any]:
    """A contender's estimate: ``value``, ours with ``low`` and ``high``; or ``refusal``, and no value."""
    if name == OURS:
        ours = intrinsic_dimension(points.astype(np.float32), seed=0, with_library=False)
        return {"value": ours.dim, "low": ours.interval[0], "high": ours.interval[1], "only_noise": ours.only_noise}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = CONTENDERS[name](points)
        except Exception as refusal:  # whatever a library raises is its answer
            return {"value": None, "refusal": repr(refusal)[:200]}
    return {"value": value if np.isfinite(value) else None}
