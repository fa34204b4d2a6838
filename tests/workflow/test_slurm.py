"""The smoke study through a real Slurm: this machine's own, or one that the test starts here where it may."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slurm
SMOKE = Path(__file__).resolve().parents[2] / "workflow" / "studies" / "smoke"


def described(job: str) -> dict[str, str]:
    """What Slurm knows of a job."""
    shown = subprocess.run(["scontrol", "show", "job", "--oneliner", job], capture_output=True, text=True, check=True)
    return dict(re.findall(r"(\w+)=(\S*)", shown.stdout))


def test_the_smoke_study_runs_as_jobs_that_ask_for_a_gpu_time_and_memory(project, slurm):
    shutil.copytree(SMOKE, project.root / "workflow" / "studies" / "smoke")

    printed = project.snakemake("smoke", profile="slurm")

    submitted = re.findall(r"has been submitted with SLURM jobid (\d+)", printed)
    jobs = {job: described(job) for job in submitted}
    for job, found in jobs.items():
        fields = [
            found[name] for name in ("JobState", "ExitCode", "TimeLimit", "RunTime", "TresPerJob") if name in found
        ]
        print(f"job {job}: {found['Comment']} {' '.join(fields)}")
    assert {found["JobState"] for found in jobs.values()} == {"COMPLETED"}
    packs = [found for found in jobs.values() if "bring_up_to_date" in found["Comment"]]
    assert len(packs) == 3
    assert all("gpu" in found["TresPerJob"] and found["TimeLimit"] == "00:10:00" for found in packs)
    assert all(int(re.sub(r"\D.*", "", found["MinMemoryNode"])) > 0 for found in packs)
    journals = list((project.root / "results" / "runs").rglob("journal.jsonl"))
    ran_in = {json.loads(journal.read_text().splitlines()[0])["job"] for journal in journals}
    assert len(journals) == 10
    assert ran_in <= set(submitted)
    assert (project.root / "reports" / "smoke" / "index.html").exists()
    assert "Nothing to be done" in project.snakemake("smoke", profile="slurm")
