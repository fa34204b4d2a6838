"""What clusters do to a study, done to one on a real Slurm."""

from __future__ import annotations

import getpass
import shlex
import signal
import subprocess
import sys
import time

import pytest

from latentdim.plan.expand import plan_study
from latentdim.system.leases import holder_of
from latentdim.system.slurm import jobs_of

pytestmark = pytest.mark.slurm
LONG = [{"datasets": ["points"], "methods": {"vae": {}}, "dims": [2], "seeds": 1}]


def training(project) -> bool:
    """Whether a training is under way."""
    return any((project.root / "results" / "runs").rglob("progress.json"))


@pytest.mark.parametrize("seconds", [80, pytest.param(300, marks=pytest.mark.slow)])
def test_an_outage_of_the_controller_in_which_jobs_end_is_waited_out(project, slurm, seconds):
    project.study("outage", grid=LONG, training={"steps": 10_000})
    snakemake = project.started("outage", profile="slurm")
    try:
        project.until(lambda: training(project))
        slurm.act("stop_controller")
        time.sleep(seconds)
        assert snakemake.poll() is None
        slurm.act("start_controller")
        assert snakemake.wait(timeout=400) == 0, project.printed
    finally:
        snakemake.kill()
    assert "Slurm doesn't answer" in project.printed
    assert "Slurm answers again" in project.printed
    (journal,) = project.journals()
    assert [line["event"] for line in journal] == ["start", "end"]


def states(*selection: str) -> list[str]:
    """State and reason of jobs, as squeue tells them."""
    return [f"{job.state} {job.reason}" for job in jobs_of(*selection).values()]


def test_a_killed_snakemake_leaves_jobs_whose_successors_start_after_them(project, slurm):
    project.study("orphans", grid=LONG, training={"steps": 40_000})
    snakemake = project.started("orphans", profile="slurm")
    project.until(lambda: training(project))
    snakemake.send_signal(signal.SIGKILL)
    snakemake.wait()
    orphan = project.journals()[0][0]["job"]

    successor = project.started("orphans", profile="slurm")
    try:
        project.until(lambda: "PENDING Dependency" in states("--user", getpass.getuser()))
        assert states("--jobs", orphan) == ["RUNNING None"]
        assert successor.wait(timeout=400) == 0, project.printed
    finally:
        successor.kill()
    (journal,) = project.journals()
    assert [(line["event"], line.get("job", orphan)) for line in journal] == [("start", orphan), ("end", orphan)]


def events(project) -> list[str]:
    """What the one journal of the project tells of."""
    (journal,) = project.journals()
    return [str(line["event"]) for line in journal]


def test_a_job_over_its_memory_is_tried_again_with_more(project, slurm):
    if slurm.folder is None:
        pytest.skip("whether this machine's own Slurm ends jobs over their memory isn't known")
    project.study("hungry", grid=LONG, training={"steps": 10_000})
    memory = ["--set-resources", "bring_up_to_date:mem_mb=400*attempt*attempt"]  # torch alone takes more
    printed = project.snakemake("hungry", *memory, profile="slurm")
    assert "ended as FAILED" in printed
    assert len(project.journals()) == 1
    assert events(project).count("end") == 1
    assert "hungry: 1 ok of 1 runs" in printed


@pytest.mark.slow
def test_a_node_that_fails_costs_no_more_than_the_time_since_the_last_checkpoint(project, slurm):
    project.study("fallen", grid=LONG, training={"steps": 60_000})
    snakemake = project.started("fallen", profile="slurm")
    try:
        project.until(lambda: training(project))
        slurm.act("node_down")
        time.sleep(5.0)
        slurm.act("node_up")
        assert snakemake.wait(timeout=600) == 0, project.printed
    finally:
        snakemake.kill()
    assert events(project).count("start") > 1
    assert events(project)[-1] == "end"
    assert "fallen: 1 ok of 1 runs" in project.printed


def test_jobs_that_slurm_forgets_at_once_are_judged_by_their_outputs(project, slurm):
    project.study("forgotten")
    slurm.act("forget_jobs")
    try:
        printed = project.snakemake("forgotten", profile="slurm")
    finally:
        slurm.act("remember_jobs")
    assert "Slurm no longer knows job" in printed
    assert "its output is there" in printed
    assert [[line["event"] for line in journal] for journal in project.journals()] == [["start", "end"]] * 2
    assert "Nothing to be done" in project.snakemake("forgotten", profile="slurm")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--default-resources", "slurm_partition=nosuch", "runtime=30", "mem_mb=2000"], "slurm_partition nosuch"),
        (["--set-resources", "bring_up_to_date:gpu=9"], "9 GPU"),
        (["--set-resources", "bring_up_to_date:mem_mb=999999999"], "999999999 MB"),
    ],
    ids=["partition", "gpus", "memory"],
)
def test_what_slurm_would_refuse_is_told_before_the_first_submission(project, slurm, options, sentence):
    project.study("refused", grid=LONG)
    printed = project.snakemake("refused", *options, profile="slurm", code=2)
    assert sentence in printed
    assert "submitted" not in printed


HOLDER = """
import sys, time
from pathlib import Path
from latentdim.system.leases import lease
with lease(Path(sys.argv[1])):
    while not Path("enough").exists():
        time.sleep(0.2)
"""


@pytest.mark.slow
def test_a_job_that_finds_its_runs_held_gives_its_gpu_back_until_they_are_free(project, slurm):
    plan = plan_study(str(project.study("held", grid=LONG)), results=project.root / "results")
    (pack,), (run,) = plan.packs.values(), plan.runs

    def submit(*command: str) -> str:
        options = ["--parsable", "--gpus=1", "--mem=2000", "--time=10", f"--output={project.root}/%j.log"]
        call = ["sbatch", *options, "--open-mode=append", "--wrap", shlex.join([sys.executable, *command])]
        done = subprocess.run(
            call, cwd=project.root, env=project.environment(), capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    holder = submit("-c", HOLDER, str(plan.folder(run) / "lease"))
    project.until(lambda: holder_of(plan.folder(run) / "lease"))
    stamp = project.root / "stamp.json"
    options = ["--pack", pack.id, "--results", str(plan.results), "--stamp", str(stamp), "--device", "cpu"]
    waiting = submit("-m", "latentdim", "run", "held", *options)

    project.until(lambda: states("--jobs", waiting) == ["PENDING Dependency"])
    assert states("--jobs", holder) == ["RUNNING None"]
    (project.root / "enough").touch()
    project.until(lambda: states("--jobs", waiting) == ["COMPLETED None"], seconds=500)
    assert stamp.exists()
    assert f"job {holder}; back into the queue" in (project.root / f"{waiting}.log").read_text()
