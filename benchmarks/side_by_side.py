"""Two jobs of one thread each, side by side and one after the other.

Goal on two cores: never slower side by side.
Usage: python -m benchmarks.side_by_side [--rounds 3] [--tiny]
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.project import PROTOCOL, Project, cores, without_gpu
from benchmarks.rounds import Comparison, Section, alternating, environment, timed
from latentdim.expand import plan_study

STUDY = "pair"


def section(*, rounds: int, tiny: bool) -> Section:
    """Measure whole jobs, from the start of a process to its end."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project.copied(Path(folder))
        steps = 5 if tiny else 1500
        training = {**PROTOCOL["training"], "steps": steps}  # type: ignore[dict-item]
        grid = [{"datasets": ["synthetic_8"], "methods": {"wae_mmd": {}}, "dims": [8], "seeds": 2}]
        project.study(STUDY, protocol={"training": training}, grid=grid, execution={"pack_size": 1})
        variables = without_gpu(environment(1))
        file = project.root / "workflow" / "studies" / STUDY / "study.yaml"
        packs = list(plan_study(str(file)).packs)
        jobs = [project.latentdim("run", "--study", STUDY, "--pack", pack) for pack in packs]
        timed(project.latentdim("prepare", "--study", STUDY, "--dataset", "synthetic_8"), folder=project.root)

        def after_each_other() -> float:
            project.forget()
            return sum(timed(job, folder=project.root, env=variables).seconds for job in jobs)

        def beside_each_other() -> float:
            project.forget()
            started = time.perf_counter()
            running = [
                subprocess.Popen(job, cwd=project.root, env=variables, stderr=subprocess.DEVNULL) for job in jobs
            ]
            if any(process.wait() for process in running):
                raise RuntimeError("a job failed")
            return time.perf_counter() - started

        seconds = alternating({"one after the other": after_each_other, "side by side": beside_each_other}, rounds)
    first, second = seconds["one after the other"], seconds["side by side"]
    line = Comparison(
        "seconds for both jobs, one after the other over side by side", "one after the other", "side by side",
        first, second, least=1.0 if cores() > 1 else None,
    )  # fmt: skip
    text = (
        f"Two jobs of `latentdim run`, each a process with one thread that trains and measures one run (wae_mmd on "
        f"synthetic_8, {steps:,} updates of the quickstart's network); OMP_WAIT_POLICY PASSIVE; {cores()} cores."
    )
    return Section("Two jobs side by side", text, (line,))


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tiny", action="store_true", help="seconds in all, to see that everything runs")
    parser.add_argument("--json", action="store_true", help="for the program that makes the whole table")
    given = parser.parse_args()
    found = section(rounds=given.rounds, tiny=given.tiny)
    print(found.as_json() if given.json else found.markdown())


if __name__ == "__main__":
    main()
