"""What Slurm's commands are asked, and how their answers are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from latentdim.system.slurm import (
    NoAnswer,
    SlurmJob,
    accounted_states,
    at_time_limit,
    jobs_of,
    requeue_after,
    unanswered,
)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put a command of a test's own first in the path; what it was asked stands in ``asked`` beside it."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    def put(name: str, script: str) -> Path:
        file = tmp_path / name
        file.write_text(f'#!/bin/sh\necho "$(basename "$0") $*" >> "$(dirname "$0")/asked"\n{script}\n')
        file.chmod(0o755)
        return tmp_path / "asked"

    return put


def test_jobs_are_read_with_reason_and_dependency(command):
    asked = command(
        "squeue", "printf '7|PENDING|Dependency|afterany:3(unfulfilled)|a|b\\n8|RUNNING|None|(null)|(null)\\nodd\\n'"
    )

    assert jobs_of("--name", "mine") == {
        "7": SlurmJob("7", "PENDING", "Dependency", "afterany:3(unfulfilled)", "a|b"),
        "8": SlurmJob("8", "RUNNING"),
    }
    assert asked.read_text() == "squeue --states=all --noheader --format=%i|%T|%r|%E|%k --name mine\n"


def test_a_command_that_fails_is_no_answer_and_says_why(command, monkeypatch, tmp_path):
    command("squeue", "echo >&2; echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1")
    with pytest.raises(NoAnswer, match="Unable to contact slurm controller") as failure:
        jobs_of("--name", "mine")
    assert unanswered(str(failure.value))
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(NoAnswer, match="squeue"):
        jobs_of("--name", "mine")


def test_states_come_from_accounting_where_there_is_one(command):
    command("sacct", "printf '3|COMPLETED\\n4|CANCELLED by 1000\\n'")
    assert accounted_states(["3", "4"]) == {"3": "COMPLETED", "4": "CANCELLED"}
    command("sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1")
    assert accounted_states(["3"]) == {}


@pytest.mark.parametrize(("script", "told"), [("echo TimeLimit", True), ("echo None", False), ("exit 1", None)])
def test_the_time_limit_is_known_from_slurm_alone(command, monkeypatch, script, told):
    monkeypatch.setenv("SLURM_JOB_ID", "9")
    asked = command("squeue", script)
    assert at_time_limit() is told
    assert asked.read_text() == "squeue --states=all --noheader --format=%r --jobs 9\n"
    monkeypatch.delenv("SLURM_JOB_ID")
    assert at_time_limit() is None


def test_a_job_is_put_back_into_the_queue_after_others(command):
    asked = command("scontrol", "")
    requeue_after("9", ["3", "5"])
    requeue_after("9", [])
    assert asked.read_text().splitlines() == [
        "scontrol requeue 9", "scontrol update JobId=9 Dependency=afterany:3:5", "scontrol requeue 9",
    ]  # fmt: skip
    command("scontrol", "echo 'Requested operation is presently disabled' >&2; exit 1")
    with pytest.raises(NoAnswer, match="disabled"):
        requeue_after("9", ["3"])
