"""The files of a report are known while planning."""

import subprocess
import sys
from pathlib import Path

from latentdim.plan.report_files import report_files

GRID = [{"datasets": ["synthetic_8"], "methods": {"pca": None}, "dims": [8]}]
BLOCKED = """
import sys
for name in ("torch", "torchvision", "pandas", "matplotlib", "seaborn", "sklearn"):
    sys.modules[name] = None
from pathlib import Path
from latentdim.plan.expand import plan_study
from latentdim.plan.report_files import report_files
print(*report_files(plan_study(sys.argv[1]), Path("reports")), sep="\\n")
"""


def test_a_report_has_its_page_its_values_and_each_exhibits_files(fabricated) -> None:
    exhibits = [{"kind": "samples", "name": "b"}, {"kind": "results", "name": "a"}]
    files = report_files(fabricated.plan(grid=GRID, exhibits=exhibits), Path("reports"))
    names = ["index.html", "index.md", "long.csv", "summary.json", "b.svg", "b.png", "a.md", "a.csv", "a.tex"]
    assert files == [f"reports/demo/{name}" for name in names]


def test_they_are_known_without_torch_pandas_or_matplotlib(fabricated) -> None:
    plan = fabricated.plan(grid=GRID, exhibits=[{"kind": "samples", "name": "b"}])
    command = [sys.executable, "-c", BLOCKED, str(plan.path)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == report_files(plan, Path("reports"))
