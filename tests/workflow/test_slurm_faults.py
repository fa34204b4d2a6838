"""What clusters do to a study, done to one on a real Slurm."""

from __future__ import annotations

import time

import pytest

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
