"""Short runs through a Slurm that answers here: in packs, against one job a run. Goal: a tenth of the overhead.

Overhead: the seconds that jobs hold their node beyond what their runs train. Says nothing where no Slurm answers.
Usage: python -m benchmarks.slurm_packs [--runs 200]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.project import Project
from benchmarks.rounds import Comparison, Section, environment, timed
from latentdim.records.folder import RunFolder
from latentdim.records.record import read_record

PACKED, SINGLE = "packs of 16", "one job a run"
SIZES = {PACKED: 16, SINGLE: 1}
STEPS = 700  # about a second
DATA = {"kind": "synthetic", "n": 4, "n_train": 2000, "n_test": 500}
TRAINING = {"network": {"name": "mlp", "hidden": [64]}, "batch_size": 64, "steps": STEPS}


def held_seconds() -> float:
    """How long all jobs that brought runs up to date held their node, as the controller remembers."""
    command = ["squeue", "--states=all", "--noheader", "--format=%M|%k"]
    rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    times = (row.partition("|")[0].strip() for row in rows if "bring_up_to_date" in row)
    return float(sum(_seconds(time) for time in times))


def _seconds(time: str) -> int:
    """Seconds of Slurm's ``days-hours:minutes:seconds``, of which only the last two are always there."""
    days, _, rest = time.rpartition("-")
    seconds = 0
    for part in rest.split(":"):
        seconds = 60 * seconds + int(part)
    return 86_400 * int(days or 0) + seconds


def measured(project: Project, *, size: int, runs: int) -> tuple[float, float]:
    """Seconds of overhead, and of the whole invocation."""
    name = f"size_{size}"
    grid = [{"datasets": ["vectors"], "methods": {"vae": {}}, "dims": [4], "seeds": runs}]
    execution = {"pack_size": size, "pack_minutes": 1000, "device": "cpu"}
    protocol = {"training": TRAINING}
    project.study(name, datasets={"vectors": DATA}, grid=grid, protocol=protocol, metrics=["mse_per_pixel"],
                  execution=execution)  # fmt: skip
    project.forget()
    before = held_seconds()
    command = [sys.executable, "-m", "snakemake", name, "--profile", "workflow/profiles/slurm"]
    wall = timed(command, folder=project.root, env=environment(1)).seconds
    records = [read_record(RunFolder(path.parent)) for path in project.root.glob("results/runs/*/*/*/*/*/record.json")]
    trained = [record.timing.train_seconds for record in records if record]
    if len(trained) != runs:
        raise RuntimeError(f"{runs} runs were asked for, {len(trained)} finished")
    return held_seconds() - before - sum(trained), wall


def section(*, runs: int) -> Section:
    """Measure both, the packs first."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:  # where compute nodes see it as well
        project = Project.copied(Path(folder) / "project")
        found = {name: measured(project, size=size, runs=runs) for name, size in SIZES.items()}
    overhead, wall = ({name: (values[which],) for name, values in found.items()} for which in (0, 1))
    what = f"of {runs} runs of a second"
    text = "Each job takes one core; the controller must remember finished jobs until the end (`MinJobAge`)."
    comparisons = (
        Comparison(f"overhead {what}, node seconds", PACKED, SINGLE, overhead[PACKED], overhead[SINGLE], most=0.1),
        Comparison(f"wall time {what}, seconds", PACKED, SINGLE, wall[PACKED], wall[SINGLE]),
    )
    return Section("Short runs through Slurm", text, comparisons)


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    given = parser.parse_args()
    try:
        held_seconds()
    except (OSError, subprocess.CalledProcessError):
        print("no Slurm answers here", file=sys.stderr)
        return
    print(section(runs=given.runs).markdown())


if __name__ == "__main__":
    main()
