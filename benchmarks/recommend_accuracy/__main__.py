"""How near `latentdim recommend` comes, on data of known dimension.

Estimates of the intrinsic dimension, ours and each estimator of scikit-dimension alone, are kept in
results/recommend_accuracy.jsonl; recommended sizes (`--sizes`, two minutes of two cores a case) in
results/recommend_accuracy_sizes.jsonl. The same command again does what its journal lacks, and goes on with a case that
was stopped. The reports are reports/recommend_accuracy.md, with a figure and the numbers beside it, and
reports/recommend_accuracy_sizes.md, each made anew from its journal.

Usage: python -m benchmarks.recommend_accuracy [--slow] [--development] [--report-only]
       python -m benchmarks.recommend_accuracy --sizes [--only FAMILY …] [--at-most N]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.recommend_accuracy.cases import development_cases, listed_cases
from benchmarks.recommend_accuracy.contenders import FAST, SLOW
from benchmarks.recommend_accuracy.report import write_report
from benchmarks.recommend_accuracy.run import OURS, run
from benchmarks.recommend_accuracy.size_cases import size_cases
from benchmarks.recommend_accuracy.size_report import write_sizes_report
from benchmarks.recommend_accuracy.sizes import due, recommend_all
from latentdim.system.files import read_lines

JOURNAL = Path("results/recommend_accuracy.jsonl")
SIZES = Path("results/recommend_accuracy_sizes.jsonl")
FAMILIES = sorted({case.family for case in size_cases()})


def main() -> None:
    """Do what isn't done yet, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slow", action="store_true", help="also ask the estimators that take minutes a case")
    parser.add_argument(
        "--development", action="store_true", help="the 24 benchmark manifolds in place of the test cases"
    )
    parser.add_argument("--sizes", action="store_true", help="recommended sizes in place of the intrinsic dimension")
    parser.add_argument("--only", nargs="+", choices=FAMILIES, default=FAMILIES, help="--sizes of these data alone")
    parser.add_argument("--at-most", type=int, metavar="N", help="of --sizes, the next so many cases")
    parser.add_argument("--report-only", action="store_true", help="do nothing else")
    given = parser.parse_args()
    if given.sizes:
        _sizes(parser, given)
    else:
        _intrinsic(parser, given)


def _intrinsic(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    if not given.report_only:
        names = [OURS, *FAST, *(SLOW if given.slow else ())]
        run(development_cases() if given.development else listed_cases(), names=names, journal=JOURNAL)
    lines = list(read_lines(JOURNAL))
    if not any(line["kind"] == "test" for line in lines):
        parser.exit(1, f"{JOURNAL} holds no estimate of a test case yet, so the report stays as it is\n")
    write_report(lines, Path("reports"))


def _sizes(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    if not given.report_only:
        chosen = (case for case in size_cases() if case.family in given.only)
        recommend_all(due(chosen, SIZES, most=given.at_most), journal=SIZES, folder=SIZES.with_suffix(""))
    lines = list(read_lines(SIZES))
    if not lines:
        parser.exit(1, f"{SIZES} holds no recommended size yet, so there is no report\n")
    write_sizes_report(lines, Path("reports"))


if __name__ == "__main__":
    main()
