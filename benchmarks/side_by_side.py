"""Two jobs of one thread each: side by side, one after the other, and as one process with two threads.

Goal on two cores: never slower side by side.
Usage: python -m benchmarks.side_by_side [--rounds 3] [--tiny]
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.project import METRICS, PROTOCOL, Project, cores, without_gpu
from benchmarks.rounds import Comparison, Section, alternating, command_line, environment, timed
from latentdim.plan.expand import plan_study

APART, TOGETHER = "apart", "together"
AFTER, BESIDE, THREADS = "one after the other", "side by side", "one process, 2 threads"


def section(*, rounds: int, tiny: bool) -> Section:
    """Measure whole jobs, from the start of a process to its end."""
    steps = 5 if tiny else 1500
    with tempfile.TemporaryDirectory() as folder:
        project = Project.copied(Path(folder))
        write(project, APART, threads=1, pack_size=1, steps=steps, tiny=tiny)
        write(project, TOGETHER, threads=2, pack_size=2, steps=steps, tiny=tiny)
        packs = plan_study(str(project.root / "workflow" / "studies" / APART / "study.yaml")).packs
        jobs = [project.latentdim("run", "--study", APART, "--pack", pack) for pack in packs]
        timed(project.latentdim("prepare", "--study", APART, "--dataset", "synthetic_8"), folder=project.root)
        contenders = {
            AFTER: lambda: sum(alone(project, job, threads=1) for job in jobs),
            BESIDE: lambda: beside_each_other(project, jobs),
            THREADS: lambda: alone(project, project.latentdim("run", TOGETHER, "--no-report"), threads=2),
        }
        seconds = alternating({name: fresh(project, run) for name, run in contenders.items()}, rounds)
    goal = 1.0 if cores() > 1 else None
    what = "seconds for both runs"
    lines = (
        Comparison(what, AFTER, BESIDE, seconds[AFTER], seconds[BESIDE], least=goal),
        Comparison(what, THREADS, BESIDE, seconds[THREADS], seconds[BESIDE]),
    )
    text = (
        f"Two runs that train and are measured (wae_mmd on synthetic_8, {steps:,} updates of the quickstart's network) "
        "as two jobs of `latentdim run`, each a process with one thread, "
        f"and as one job with two threads. OMP_WAIT_POLICY PASSIVE; {cores()} cores. Above 1: side by side is faster."
    )
    return Section("Two jobs side by side", text, lines)


def write(project: Project, name: str, *, threads: int, pack_size: int, steps: int, tiny: bool) -> None:
    """A study of two runs."""
    training = {**PROTOCOL["training"], "steps": steps, "threads": threads}  # type: ignore[dict-item]
    grid = [{"datasets": ["synthetic_8"], "methods": {"wae_mmd": {}}, "dims": [8], "seeds": 2}]
    execution = {"pack_size": pack_size, "pack_minutes": 1000}
    metrics = METRICS[1:2] if tiny else METRICS
    project.study(name, protocol={"training": training}, grid=grid, execution=execution, metrics=metrics)


def fresh(project: Project, run: Callable[[], float]) -> Callable[[], float]:
    """The same from nothing but prepared data."""

    def forgetful() -> float:
        project.forget()
        return run()

    return forgetful


def alone(project: Project, job: list[str], *, threads: int) -> float:
    """Seconds of one job."""
    return timed(job, folder=project.root, env=without_gpu(environment(threads))).seconds


def beside_each_other(project: Project, jobs: list[list[str]]) -> float:
    """Seconds until the last of several jobs is done.

    Raises:
        RuntimeError: if one fails.
    """
    started = time.perf_counter()
    variables = without_gpu(environment(1))
    running = [subprocess.Popen(job, cwd=project.root, env=variables, stderr=subprocess.DEVNULL) for job in jobs]
    codes = [process.wait() for process in running]
    if any(codes):
        raise RuntimeError("a job failed")
    return time.perf_counter() - started


if __name__ == "__main__":
    command_line(section, __doc__, rounds=3)
