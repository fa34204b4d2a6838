"""Status and the long table of thousands of finished runs: time and memory, which should grow with the runs alone.

The run folders are written here, with the files that a finished run leaves as far as they are read; no run is trained.
Usage: python -m benchmarks.collecting [--runs 1000 3000 10000 30000] [--rounds 3]; multiples of 100 runs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.planning import DATASETS, METHODS, PLAIN_SNAKEFILE, SEEDS, growth
from benchmarks.project import METRICS, Project
from benchmarks.rounds import Comparison, Finished, Section, timed
from latentdim.plan.expand import plan_study
from latentdim.plan.plan import Plan
from latentdim.plan.run import Run
from latentdim.records.fingerprint import fingerprint
from latentdim.records.folder import RunFolder

STUDY = "collected"
LONG_TABLE = """\
from latentdim.outcomes.long_table import long_table
from latentdim.plan.expand import plan_study
print(len(long_table(plan_study("{study}"))))
"""
STATUS, TABLE, SUBMITTED, PLAIN = "status", "long table", "plan with all stamps", "plain Snakefile with all outputs"
GOALS = {STATUS: 5.0, TABLE: 6.0}  # seconds at 10,000 runs
SHARED = {
    "schema": 3, "status": "ok", "reason": "", "active": 2, "n_parameters": 1000, "notes": [],
    "versions": {"latentdim": "0.1.0", "python": "3.11.7", "torch": "2.15.0", "commit": "abc123def456"},
    "device": {"kind": "cpu", "name": "A processor", "threads": 1, "kernel": "plain"},
    "host": {"cpu": "A processor", "cores": 2, "system": "Linux x86_64"},
    "data": {"digest": "d1" * 32, "n_train": 8000, "n_test": 2000, "shape": [128]},
    "timing": {"started": 1.8e9, "train_seconds": 12.5, "total_seconds": 15.0, "steps": 300},
}  # fmt: skip


def finished_study(root: Path, runs: int) -> tuple[Project, Plan]:
    """A study of so many runs, all of them finished and measured."""
    project = Project.copied(root)
    dims = list(range(2, 2 + runs // (len(DATASETS) * len(METHODS) * SEEDS)))
    grid = [{"datasets": DATASETS, "methods": {name: {} for name in METHODS}, "dims": dims, "seeds": SEEDS}]
    project.study(STUDY, grid=grid, metrics=METRICS, exhibits=[{"kind": "results", "name": "results"}])
    file = root / "workflow" / "studies" / STUDY / "study.yaml"
    plan = plan_study(str(file), results=root / "results")
    for run in plan.runs:
        finish(plan, run)
    for pack in plan.packs.values():
        stamp = plan.stamp(pack)
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text("{}")
    return project, plan


def finish(plan: Plan, run: Run) -> None:
    """Leave what a finished run leaves, as far as status and tables read it."""
    folder, cell = RunFolder(plan.folder(run)), run.cell
    (folder.path / "metrics").mkdir(parents=True)
    where = {"dataset": cell.dataset.name, "method": cell.method.name, "dim": run.dim, "seed": run.seed}
    source = {"fingerprint": fingerprint(cell.method, cell.network)}
    folder.record.write_text(json.dumps(SHARED | {"run": where | {"key": cell.key}, "source": source}))
    folder.journal.write_text("")
    for stored in run.stored:
        folder.stored(stored.file).parent.mkdir(exist_ok=True)
        folder.stored(stored.file).touch()
    for requested in cell.metrics:
        content = {"metric": requested.metric.name, "axes": requested.axes, "status": "ok", "value": 1.0, "n": 1000}
        folder.metric(requested.file).write_text(json.dumps(content))


def section(sizes: list[int], *, rounds: int) -> Section:
    """Measure every size in turn; wall time of a fresh process and its largest resident memory."""
    found: dict[tuple[str, int], list[Finished]] = {}
    files: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for runs in sizes:
            project, plan = finished_study(Path(folder) / str(runs), runs)
            files[runs] = sum(path.is_file() for path in plan.results.rglob("*")) / runs
            plain = finished_plain(Path(folder) / f"plain-{runs}", runs)
            commands = {
                STATUS: project.latentdim("status", STUDY, "--json"),
                TABLE: [sys.executable, "-c", LONG_TABLE.format(study=STUDY)],
                SUBMITTED: [sys.executable, "-m", "snakemake", STUDY, "-n", "-q", "--cores", "1"],
            }
            commands[PLAIN] = [sys.executable, "-m", "snakemake", "all", *commands[SUBMITTED][4:]]
            for number in range(rounds):
                for name, command in commands.items():
                    where = plain if name == PLAIN else project.root
                    found.setdefault((name, runs), []).append(timed(command, folder=where))
                told = "  ".join(f"{name} {found[name, runs][-1].seconds:.2f} s" for name in commands)
                print(f"  {runs:,} runs, round {number + 1}/{rounds}  {told}", file=sys.stderr, flush=True)
    lines = [growth(name, sizes, found) + judged(name, found) for name in (STATUS, TABLE, SUBMITTED, PLAIN)]
    comparisons = [again(runs, found[SUBMITTED, runs], found[PLAIN, runs]) for runs in sizes]
    text = (
        f"Studies whose runs are all finished ({len(METRICS)} metrics each; {files[sizes[0]]:.1f} files a run are "
        "written for it here): `latentdim status`, the long table as a DataFrame, and `snakemake -n` where every job "
        "has its stamp, against a Snakefile of one rule with as many outputs as runs, each in a fresh process."
    )
    return Section("Collecting", text, tuple(comparisons), tuple(lines))


def finished_plain(root: Path, runs: int) -> Path:
    """A folder with a Snakefile of one rule, so many outputs, and all of them there."""
    (root / "out").mkdir(parents=True)
    (root / "Snakefile").write_text(PLAIN_SNAKEFILE.format(runs=runs))
    for number in range(runs):
        (root / "out" / f"{number}.txt").touch()
    return root


def again(runs: int, ours: list[Finished], plain: list[Finished]) -> Comparison:
    """What the second invocation of a finished study takes, in seconds of the processor."""
    seconds, baseline = (tuple(one.cpu_seconds for one in many) for many in (ours, plain))
    what = f"seconds of the processor to find {runs:,} runs finished"
    return Comparison(what, SUBMITTED, PLAIN, seconds, baseline, most=1.3)


def judged(name: str, found: dict[tuple[str, int], list[Finished]]) -> str:
    """Whether the goal at 10,000 runs is met; empty where there is none."""
    if name not in GOALS or (name, 10_000) not in found:
        return ""
    met = "met" if median(one.seconds for one in found[name, 10_000]) <= GOALS[name] else "missed"
    return f" (at 10,000 at most {GOALS[name]:g} s: {met})"


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, nargs="+", default=[1000, 3000, 10_000, 30_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="for the program that makes the whole table")
    given = parser.parse_args()
    found = section(given.runs, rounds=given.rounds)
    print(found.as_json() if given.json else found.markdown())


if __name__ == "__main__":
    main()
