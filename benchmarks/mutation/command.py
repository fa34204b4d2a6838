"""The command: draw, try, tell."""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from queue import SimpleQueue

from benchmarks.mutation.draw import drawn
from benchmarks.mutation.imports import importing_tests
from benchmarks.mutation.judge import Judge, copy_of
from benchmarks.mutation.summary import summary
from benchmarks.mutation.verdicts import Kept, Mutant, Verdict

ROOT = Path(__file__).resolve().parents[2]
MUTATED = ("methods", "workflow/latentdim/metrics", "workflow/latentdim/training", "workflow/latentdim/nets")
CHECKS = "checks.py"  # what a family of metrics is held against: a test by another name
TESTS = ("tests/unit", "tests/conformance")


def main() -> None:
    """Draw, try, tell."""
    asked = arguments()
    os.environ["OMP_NUM_THREADS"] = "1"
    end = time.monotonic() + 60 * asked.minutes
    modules = sorted(path for top in MUTATED for path in (ROOT / top).rglob("*.py") if path.name != CHECKS)
    mutants = list(islice(drawn(ROOT, modules, seed=asked.seed), asked.mutants))
    importers = importing_tests(ROOT, sorted(path for top in TESTS for path in (ROOT / top).rglob("test_*.py")))
    kept = Kept(ROOT / "results" / "mutation", ROOT)
    judge = Judge(kept, importers, root=ROOT, limit=asked.limit)
    trees: SimpleQueue[Path] = SimpleQueue()
    for number in range(asked.workers):
        trees.put(copy_of(ROOT, kept.folder / f"tree{number}"))

    def verdict(mutant: Mutant) -> Verdict | None:
        known = judge.known(mutant)
        if known is None and time.monotonic() < end:
            tree = trees.get()
            known = judge.verdict(mutant, tree)
            trees.put(tree)
            print(f"{known.outcome}: {mutant}", flush=True)
        return known

    with ThreadPoolExecutor(asked.workers) as pool:
        verdicts = list(pool.map(verdict, mutants))
    print("\n" + summary(list(zip(mutants, verdicts, strict=True)), seed=asked.seed))


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description="See __main__.py.")
    parser.add_argument("--seed", type=int, default=1, help="of the draw")
    parser.add_argument("--mutants", type=int, default=100, help="how many are drawn")
    parser.add_argument("--workers", type=int, default=2, help="processes at a time")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for one mutant")
    parser.add_argument("--minutes", type=float, default=55.0, help="after which no further mutant is begun")
    return parser.parse_args()
