"""Estimate the intrinsic dimension of data of known dimension: ours, and each estimator of scikit-dimension alone.

The journal of the estimates is results/recommend_accuracy.jsonl; the same command again does what it lacks. The report
is reports/recommend_accuracy.md, with a figure and the numbers beside it, made anew from the journal each time.

Usage: python -m benchmarks.recommend_accuracy [--slow] [--development] [--report-only]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.recommend_accuracy.cases import development_cases, listed_cases
from benchmarks.recommend_accuracy.contenders import FAST, SLOW
from benchmarks.recommend_accuracy.report import write_report
from benchmarks.recommend_accuracy.run import OURS, run
from latentdim.system.files import read_lines

JOURNAL = Path("results/recommend_accuracy.jsonl")


def main() -> None:
    """Estimate what isn't yet, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slow", action="store_true", help="also ask the estimators that take minutes a case")
    parser.add_argument(
        "--development", action="store_true", help="the 24 benchmark manifolds in place of the test cases"
    )
    parser.add_argument("--report-only", action="store_true", help="estimate nothing")
    given = parser.parse_args()
    if not given.report_only:
        names = [OURS, *FAST, *(SLOW if given.slow else ())]
        run(development_cases() if given.development else listed_cases(), names=names, journal=JOURNAL)
    lines = list(read_lines(JOURNAL))
    if not any(line["kind"] == "test" for line in lines):
        parser.exit(1, f"{JOURNAL} holds no estimate of a test case yet, so the report stays as it is\n")
    write_report(lines, Path("reports"))


if __name__ == "__main__":
    main()
