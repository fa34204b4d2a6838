"""Short runs through a Slurm that answers here: in packs, against one job a run. Goal: a tenth of the overhead.

Overhead: the seconds, a run, that jobs hold their node beyond what runs train. Says nothing where no Slurm answers.
Usage: python -m benchmarks.slurm_packs [--runs 200] [--alone 200] [--rounds 1]
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


def write(project: Project, *, size: int, runs: int) -> str:
    """A study of so many runs in jobs of so many each; its name."""
    name = f"size_{size}"
    grid = [{"datasets": ["vectors"], "methods": {"vae": {}}, "dims": [4], "seeds": runs}]
    execution = {"pack_size": size, "pack_minutes": 1000, "device": "cpu"}
    protocol = {"training": TRAINING}
    project.study(name, datasets={"vectors": DATA}, grid=grid, protocol=protocol, metrics=["mse_per_pixel"],
                  execution=execution)  # fmt: skip
    return name


def measured(project: Project, study: str, *, runs: int) -> tuple[float, float]:
    """Seconds of overhead, and of the whole invocation, each a run."""
    project.forget()
    before = held_seconds()
    command = [sys.executable, "-m", "snakemake", study, "--profile", "workflow/profiles/slurm"]
    wall = timed(command, folder=project.root, env=environment(1)).seconds
    records = [read_record(RunFolder(path.parent)) for path in project.root.glob("results/runs/*/*/*/*/*/record.json")]
    trained = [record.timing.train_seconds for record in records if record]
    if len(trained) != runs:
        raise RuntimeError(f"{runs} runs were asked for, {len(trained)} finished")
    return (held_seconds() - before - sum(trained)) / runs, wall / runs


def section(*, runs: int, alone: int, rounds: int) -> Section:
    """Measure both in turn, the packs first."""
    counts = {PACKED: runs, SINGLE: alone}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in SIZES}
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:  # where compute nodes see it as well
        project = Project.copied(Path(folder) / "project")
        studies = {name: write(project, size=size, runs=counts[name]) for name, size in SIZES.items()}
        for number in range(rounds):
            for name, study in studies.items():
                found[name].append(measured(project, study, runs=counts[name]))
                overhead, wall = found[name][-1]
                told = f"{name}: {overhead:.2f} s of overhead and {wall:.2f} s of the invocation a run"
                print(f"  round {number + 1}/{rounds}  {told}", file=sys.stderr, flush=True)
    overhead, wall = ({name: tuple(pair[which] for pair in pairs) for name, pairs in found.items()} for which in (0, 1))
    text = (
        f"{runs} runs of a second in packs, and {alone} with a job each. Each job takes one core; the controller must "
        "remember finished jobs until the end (`MinJobAge`)."
    )
    comparisons = (
        Comparison("overhead a run, node seconds", PACKED, SINGLE, overhead[PACKED], overhead[SINGLE], most=0.1),
        Comparison("wall time a run, seconds", PACKED, SINGLE, wall[PACKED], wall[SINGLE]),
    )
    return Section("Short runs through Slurm", text, comparisons)


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="in packs, each round")
    parser.add_argument("--alone", type=int, default=200, help="with a job each, each round")
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    try:
        held_seconds()
    except (OSError, subprocess.CalledProcessError):
        print("no Slurm answers here", file=sys.stderr)
        return
    print(section(runs=given.runs, alone=given.alone, rounds=given.rounds).markdown())


if __name__ == "__main__":
    main()
