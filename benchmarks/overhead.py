"""What a short run costs beyond its training: start-up, data, evaluation and files, alone and in a pack.

Usage: python -m benchmarks.overhead [--rounds 3] [--pack 4] [--seconds 10] [--tiny]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.project import METRICS, PROTOCOL, Project, without_gpu
from benchmarks.rounds import Comparison, Section, environment, shown, timed
from latentdim.plan.expand import plan_study
from latentdim.records.folder import RunFolder
from latentdim.records.record import read_record
from latentdim.system.files import read_lines

ALONE, PACK, CALIBRATION = "one run", "pack", "calibration"


@dataclass(frozen=True)
class Times:
    """Seconds of one job, in order: until its first run starts, its runs' training, the rest of its runs, the end."""

    start: float
    training: float
    around: float
    end: float
    examples_per_second: float

    @property
    def share(self) -> float:
        """Share of the wall time that isn't training, in percent."""
        return 100.0 * (1.0 - self.training / (self.start + self.training + self.around + self.end))


def measured(project: Project, study: str) -> Times:
    """Run a study's one job from nothing but prepared data, and read what its runs' folders tell."""
    project.forget()
    started = time.time()
    seconds = timed(
        project.latentdim("run", study, "--no-report"), folder=project.root, env=without_gpu(environment(1))
    ).seconds
    file = project.root / "workflow" / "studies" / study / "study.yaml"
    plan = plan_study(str(file), results=project.root / "results")
    folders = [RunFolder(plan.folder(run)) for run in plan.runs]
    events = [line["time"] for folder in folders for line in read_lines(folder.journal)]
    timings = [record.timing for record in map(read_record, folders) if record]
    training = sum(timing.train_seconds for timing in timings)
    within = max(events) - min(events)
    start = min(events) - started
    speeds = [timing.examples_per_second for timing in timings if timing.examples_per_second]
    return Times(start, training, within - training, seconds - start - within, median(speeds))


def section(*, rounds: int, pack: int, seconds: float, tiny: bool) -> Section:
    """Measure a run of about so many seconds alone, and several of them in one process, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project.copied(Path(folder))
        metrics = METRICS[1:2] if tiny else METRICS
        write(project, CALIBRATION, updates=5 if tiny else 400, seeds=1, metrics=metrics)
        timed(project.latentdim("prepare", "--study", CALIBRATION, "--dataset", "synthetic_8"), folder=project.root)
        speed = measured(project, CALIBRATION).examples_per_second
        updates = 5 if tiny else round(seconds * speed / batch_size())
        write(project, ALONE.replace(" ", "_"), updates=updates, seeds=1, metrics=metrics)
        write(project, PACK, updates=updates, seeds=pack, metrics=metrics)
        alone, packed = [], []
        for number in range(rounds):
            alone.append(measured(project, ALONE.replace(" ", "_")))
            packed.append(measured(project, PACK))
            print(
                f"  round {number + 1}/{rounds}  {ALONE} {alone[-1].share:.0f} %  {PACK} {packed[-1].share:.0f} %",
                file=sys.stderr,
            )
    comparison = Comparison(
        "share of wall time that isn't training, %", f"{PACK} of {pack}", ALONE,
        tuple(t.share for t in packed), tuple(t.share for t in alone), most=1.0,
    )  # fmt: skip
    text = (
        f"`latentdim run` on runs that train for about {seconds:g} s (wae_mmd on synthetic_8, {updates:,} updates of "
        "the quickstart's network, five metrics on 10,000 samples), one thread, data prepared beforehand: wall time of "
        "the process against the runs' training times."
    )
    return Section("Beside training", text, (comparison,), (told(ALONE, alone), told(f"{PACK} of {pack}", packed)))


def write(project: Project, name: str, *, updates: int, seeds: int, metrics: list[str]) -> None:
    """A study whose runs make one pack."""
    training = {**PROTOCOL["training"], "steps": updates}  # type: ignore[dict-item]
    grid = [{"datasets": ["synthetic_8"], "methods": {"wae_mmd": {}}, "dims": [16], "seeds": seeds}]
    execution = {"pack_minutes": 1000, "pack_size": seeds}
    project.study(name, protocol={"training": training}, grid=grid, execution=execution, metrics=metrics)


def batch_size() -> int:
    """Examples of one update."""
    return int(PROTOCOL["training"]["batch_size"])  # type: ignore[index]


def told(name: str, times: list[Times]) -> str:
    """Where the seconds went, medians over the rounds."""
    parts = {
        "start-up": [t.start for t in times],
        "training": [t.training for t in times],
        "data, evaluation and files": [t.around for t in times],
        "end of the process": [t.end for t in times],
    }
    shares = [t.share for t in times]
    seconds = ", ".join(f"{part} {shown(median(values))} s" for part, values in parts.items())
    spread = f"{min(shares):.0f}–{max(shares):.0f} % in {len(times)} rounds"
    speed = shown(median(t.examples_per_second for t in times))
    return f"{name}: {median(shares):.0f} % isn't training ({spread}): {seconds}; {speed} examples/s by its record"


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pack", type=int, default=4, help="runs in the pack")
    parser.add_argument("--seconds", type=float, default=10.0, help="training time of a run")
    parser.add_argument("--tiny", action="store_true", help="seconds in all, to see that everything runs")
    parser.add_argument("--json", action="store_true", help="for the program that makes the whole table")
    given = parser.parse_args()
    found = section(rounds=given.rounds, pack=given.pack, seconds=given.seconds, tiny=given.tiny)
    print(found.as_json() if given.json else found.markdown())


if __name__ == "__main__":
    main()
