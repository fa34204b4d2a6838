"""What runs took against the plan's estimate, and what is said of the queue and of GPU hours."""

from __future__ import annotations

import pytest

from latentdim.jobs.requests import FEWEST_MINUTES, requests_of
from latentdim.outcomes import queue
from latentdim.outcomes.durations import Durations
from latentdim.outcomes.outcomes import outcomes
from latentdim.outcomes.status import as_text, states
from latentdim.system.slurm import NoAnswer, SlurmJob

LONG = {"name": "long", "training": {"network": {"name": "mlp", "hidden": [16]}, "batch_size": 50, "steps": 5_000_000}}
GRID = [{"datasets": ["synthetic_8"], "methods": {"vae": None, "pca": None}, "dims": [2, 4], "seeds": 2}]
USAGE = {
    "shared_by": 1, "peak_memory_mb": 1.0, "memory_before_mb": 1.0, "memory_since": "training", "energy_joules": None,
}  # fmt: skip
VALUES = {"frechet_distance": 1.0, "active": 2}


@pytest.fixture
def plan(fabricated):
    return fabricated.plan(grid=GRID, protocol=LONG, execution={"pack_size": 1})


def limits_of(plan, read=()) -> dict[object, int]:
    """Minutes of each run's own job."""
    return {plan.packs[name].runs[0]: request.minutes for name, request in requests_of(plan, read).items()}


def finish(fabricated, plan, run, *, times: float, device: str = "cuda", **changes) -> None:
    """Finish a run that took so many times its estimate."""
    seconds = 60.0 * times * run.cell.minutes(run.dim)
    timing = {"started": 1.8e9, "train_seconds": seconds, "total_seconds": 5.0, "steps": 300}
    on = {"kind": device, "name": "A device", "threads": 1}
    fabricated.finish(plan, run, VALUES, timing=timing, device=on, **({"usage": USAGE} | changes))


def test_limits_follow_like_runs_on_the_same_kind_of_device(fabricated, plan) -> None:
    first, second, third, fourth = plan.runs[:4]
    before = list(plan.packs)
    limits = limits_of(plan)
    assert limits[first] > FEWEST_MINUTES
    finish(fabricated, plan, first, times=2.0)
    finish(fabricated, plan, second, times=0.5)
    finish(fabricated, plan, third, times=40.0, device="cpu")
    corrected = limits_of(plan, outcomes(plan))
    assert {run for run in limits if corrected[run] != limits[run]} == {first, second, third, fourth}  # one method's
    assert 2 * (limits[fourth] - 1) <= corrected[fourth] <= 2 * limits[fourth]
    assert list(fabricated.plan(grid=GRID, protocol=LONG, execution={"pack_size": 1}).packs) == before


def test_runs_that_were_restored_or_failed_say_nothing_of_the_time(fabricated, plan) -> None:
    first, second = plan.runs[:2]
    finish(fabricated, plan, first, times=9.0, usage=None)
    finish(fabricated, plan, second, times=9.0, status="diverged", reason="nan")
    assert Durations.of(outcomes(plan)).longest(plan.runs[2], "cuda") is None


def test_gpu_hours_are_told_as_used_and_as_left(fabricated, plan) -> None:
    run = plan.runs[0]
    finish(fabricated, plan, run, times=3.0)
    found = states(plan)
    hours = 3.0 * run.cell.minutes(run.dim) / 60.0
    assert found["gpu_hours"] == round(hours, 2) > 0
    waiting = [one for one in plan.runs[1:] if one.cell is run.cell]
    assert found["left"]["gpu_hours"] == round(sum(3.0 * one.cell.minutes(one.dim) for one in waiting) / 60.0, 2)
    text = as_text(found)
    assert f"  used      {found['gpu_hours']:g} GPU hours" in text
    assert f"{found['left']['gpu_hours']:g} GPU hours by what like ones took" in text


def test_the_queue_tells_the_studys_jobs_with_slurms_reason(plan, monkeypatch) -> None:
    first, second, third, *_ = plan.packs
    comment = "rule_bring_up_to_date_wildcards_demo_"
    jobs = {
        "1": SlurmJob("1", "PENDING", "Priority", comment=comment + first),
        "2": SlurmJob("2", "RUNNING", comment=comment + second),
        "3": SlurmJob("3", "COMPLETED", comment=comment + third),
        "4": SlurmJob("4", "PENDING", "Priority", comment="rule_bring_up_to_date_wildcards_other_" + third),
        "5": SlurmJob("5", "PENDING", "Priority"),
    }
    monkeypatch.setattr(queue, "jobs_of", lambda *given: jobs)
    monkeypatch.setattr(queue.shutil, "which", lambda name: name)
    found = queue.queue_of(plan)
    assert [(job.job, job.pack, job.state) for job in found] == [("1", first, "PENDING"), ("2", second, "RUNNING")]
    lines = as_text(states(plan, found)).splitlines()
    assert "  slurm     1 job pending, Priority, with 1 run (1)" in lines
    assert "  slurm     1 job running, with 1 run (2)" in lines

    def silent(*given: str) -> None:
        raise NoAnswer("away")

    monkeypatch.setattr(queue, "jobs_of", silent)
    assert queue.queue_of(plan) == []
