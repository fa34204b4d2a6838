"""Polls of the Slurm executor: no job is forgotten, whatever the controller does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from latentdim.jobs import slurm_polls
from latentdim.jobs.slurm_polls import MOST_SECONDS, Tending
from latentdim.system.slurm import NoAnswer, SlurmJob


class Executor:
    """What of snakemake's executor is made use of, and what it was told."""

    run_uuid = "this-invocation"

    def __init__(self) -> None:
        self.ended: dict[str, str] = {}
        self.warnings: list[str] = []
        self.submitted: list[Any] = []
        self.next_seconds_between_status_checks = 0
        self.logger = SimpleNamespace(warning=self.warnings.append)
        self.workflow = SimpleNamespace(executor_settings=SimpleNamespace(keep_successful_logs=False))

    def report_job_success(self, submitted: Any) -> None:
        self.ended[submitted.external_jobid] = "success"

    def report_job_error(self, submitted: Any, msg: str, aux_logs: list[str]) -> None:
        self.ended[submitted.external_jobid] = msg

    def run_job(self, job: Any) -> None:
        self.submitted.append(job)


class Slurm:
    """A controller that answers what a test says; None is no answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.jobs: dict[str, SlurmJob] | None = {}
        self.accounted: dict[str, str] = {}
        monkeypatch.setattr(slurm_polls, "jobs_of", self.jobs_of)
        monkeypatch.setattr(slurm_polls, "accounted_states", lambda ids: self.accounted)

    def jobs_of(self, *selection: str) -> dict[str, SlurmJob]:
        assert selection == ("--name", "this-invocation")
        if self.jobs is None:
            raise NoAnswer("Unable to contact slurm controller (connect failure)")
        return self.jobs

    def says(self, **states: str) -> None:
        self.jobs = {name[1:]: SlurmJob(name[1:], *state.split("|")) for name, state in states.items()}


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch) -> Slurm:
    return Slurm(monkeypatch)


@pytest.fixture
def executor() -> Executor:
    return Executor()


def submitted(name: str, *outputs: Path) -> Any:
    return SimpleNamespace(external_jobid=name, aux={}, job=SimpleNamespace(output=list(outputs)))


@pytest.fixture
def poll(executor: Executor):
    """One poll; returns the identifiers of the jobs that are still active."""
    tending = Tending(report_refusal=lambda *given: None, cancel_jobs=lambda *given: None)

    def once(*jobs: Any) -> list[str]:
        async def kept() -> list[str]:
            return [one.external_jobid async for one in tending.still_active(executor, list(jobs))]

        return asyncio.run(kept())

    return once


def test_ended_jobs_are_reported_with_the_reason_and_others_kept(slurm, executor, poll):
    slurm.says(_1="COMPLETED", _2="RUNNING", _3="TIMEOUT|TimeLimit", _4="PENDING|Priority", _5="SUSPENDED")

    assert poll(*map(submitted, "12345")) == ["2", "4", "5"]

    assert executor.ended == {"1": "success", "3": "SLURM-job '3' ended as TIMEOUT (TimeLimit). "}


def test_jobs_are_kept_through_an_outage_which_is_told_once_at_each_end(slurm, executor, poll):
    slurm.jobs = None
    for _ in range(20):
        assert poll(submitted("1"), submitted("2")) == ["1", "2"]
    slurm.says(_1="COMPLETED", _2="RUNNING")
    assert poll(submitted("1"), submitted("2")) == ["2"]

    assert executor.ended == {"1": "success"}
    assert len(executor.warnings) == 2
    assert "Unable to contact slurm controller" in executor.warnings[0]
    assert executor.warnings[1] == "Slurm answers again."


def test_a_job_that_slurm_forgot_is_judged_by_accounting_else_by_its_outputs(slurm, executor, poll, tmp_path):
    (tmp_path / "there.json").write_text("{}")
    active = [
        submitted("1", tmp_path / "there.json"), submitted("2", tmp_path / "absent.json"),
        submitted("3", tmp_path / "there.json"), submitted("4", tmp_path / "absent.json"),
    ]  # fmt: skip
    slurm.accounted = {"3": "TIMEOUT", "4": "COMPLETED"}

    assert poll(*active) == ["1", "2", "3", "4"]  # a second look before anything is concluded
    assert poll(*active) == []

    assert [executor.ended[name].split()[0] for name in "14"] == ["success", "success"]
    assert "FAILED" in executor.ended["2"]
    assert "TIMEOUT" in executor.ended["3"]
    assert len(executor.warnings) == 2


def test_an_outage_between_two_looks_concludes_nothing(slurm, executor, poll):
    assert poll(submitted("1")) == ["1"]
    slurm.jobs = None
    assert poll(submitted("1")) == ["1"]
    slurm.says(_1="RUNNING")
    assert poll(submitted("1")) == ["1"]
    slurm.says()
    assert poll(submitted("1")) == ["1"]
    assert executor.ended == {}


def test_polls_grow_while_nothing_happens_and_shrink_again(slurm, executor, poll):
    slurm.says(_1="PENDING|Priority", _2="RUNNING")
    seconds = []
    for _ in range(20):
        poll(submitted("1"), submitted("2"))
        seconds.append(executor.next_seconds_between_status_checks)
    assert seconds[0] < seconds[1] < seconds[-1] == MOST_SECONDS
    slurm.says(_1="RUNNING", _2="RUNNING")
    poll(submitted("1"), submitted("2"))
    assert executor.next_seconds_between_status_checks == seconds[0]


def test_a_job_that_is_in_the_queue_again_is_told_with_what_it_waits_for(slurm, executor, poll):
    slurm.says(_7="RUNNING")
    poll(submitted("7"))
    slurm.says(_7="PENDING|Dependency|afterany:3(unfulfilled)")
    poll(submitted("7"))
    poll(submitted("7"))
    (told,) = executor.warnings
    assert "SLURM-job '7' gave back what it had" in told
    assert "afterany:3" in told


@pytest.mark.parametrize(
    ("message", "again"),
    [
        ("sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)", True),
        ("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", True),
        ("sbatch: error: invalid partition specified: nosuch", False),
    ],
)
def test_what_slurm_did_not_answer_is_submitted_again_and_what_it_refused_is_not(monkeypatch, executor, message, again):
    monkeypatch.setattr(slurm_polls, "RESUBMIT_SECONDS", 0.0)
    reported: list[str] = []
    tending = Tending(lambda *given: reported.append(given[2]), cancel_jobs=lambda *given: None)

    tending.refused(executor, SimpleNamespace(job="a job"), message)
    assert executor.submitted == (["a job"] if again else [])
    assert reported == ([] if again else [message])

    tending.cancel(executor, [])
    tending.refused(executor, SimpleNamespace(job="a job"), message)
    assert reported[-1] == message
