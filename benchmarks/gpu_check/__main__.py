"""Measure on a GPU within a time limit, and leave one archive; or make the page of results from an archive.

Each section's file is written anew after each of its rows, and the archive with its page after each section. Where
there is no GPU, a line says so and nothing is written. Ends with 1 where a section failed.

Usage: python -m benchmarks.gpu_check [--minutes 8] [--into results/gpu-check] [--only agreement …]
       python -m benchmarks.gpu_check --page ARCHIVE [--report reports/gpu.md]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import torch

from benchmarks import images
from benchmarks.gpu_check import agreement, peak, repeats, speed, table2
from benchmarks.gpu_check.machine import described
from benchmarks.gpu_check.page import page
from benchmarks.gpu_check.sections import (
    ARCHIVE,
    Bench,
    Report,
    Section,
    read_archive,
    run_sections,
    write_archive,
    write_report,
)  # fmt: skip
from latentdim.system.files import write_text

SECTIONS = (
    Section("agreement", 0.18, agreement.rows),
    Section("repeats", 0.16, repeats.rows),
    Section("speed", 0.26, speed.rows),
    Section("peak", 0.03, peak.rows),
    Section("table2", 1.0, table2.rows),
)
ENDING_SECONDS = 10.0  # kept back for the last file and the end of the process


def main() -> None:
    """Measure, or make the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=8.0, help="for everything, this process's start left out")
    parser.add_argument("--into", type=Path, default=Path("results/gpu-check"), help="folder of the results")
    parser.add_argument("--only", nargs="+", choices=[section.name for section in SECTIONS])
    parser.add_argument("--on", choices=("cuda", "cpu"), default="cuda", help="cpu, with --tiny: where there is no GPU")
    parser.add_argument("--tiny", action="store_true", help="seconds in all, to see that everything runs")
    parser.add_argument("--commit", default="", help="of this code, for a copy of it without git")
    parser.add_argument(
        "--page", type=Path, metavar="ARCHIVE", help="make the page of this archive and do nothing else"
    )
    parser.add_argument("--report", type=Path, default=Path("reports/gpu.md"), help="where the page goes")
    given = parser.parse_args()
    if given.page:
        write_text(given.report, page(read_archive(given.page)))
        print(given.report)
    elif given.on == "cuda" and not torch.cuda.is_available():
        print("NO GPU: torch sees no CUDA device here, so nothing was measured")
    else:
        reports = check(given)
        print(given.into / ARCHIVE)
        if any(report["ended"].startswith("failed") for report in reports.values()):
            sys.exit(1)


def check(given: argparse.Namespace) -> dict[str, Report]:
    """Run the sections, and leave the archive. Returns what each has found."""
    begun, device = time.monotonic(), torch.device(given.on)
    written: dict[str, Report] = {}
    with tempfile.TemporaryDirectory() as folder:
        pictures = images.lay_out(Path(folder), count=1000 if given.tiny else 60_000)

        def keep(name: str, report: Report) -> None:
            written[name] = report
            write_report(given.into, name, report)
            if report.get("ended") != "running":
                write_archive(given.into, list(written), page(written))

        def bench(earlier: Mapping[str, Report], deadline: float) -> Bench:
            return Bench(device, given.tiny, pictures, earlier, deadline)

        facts = described(device, pictures, minutes=given.minutes, code=given.commit)
        keep("machine", {"tiny": given.tiny, "facts": facts})
        chosen = [section for section in SECTIONS if not given.only or section.name in given.only]
        seconds = 60.0 * given.minutes - ENDING_SECONDS - (time.monotonic() - begun)
        return run_sections(chosen, bench=bench, seconds=seconds, keep=keep)


if __name__ == "__main__":
    main()
