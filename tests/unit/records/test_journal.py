"""How a run ended is read off its folder, also where it could no longer say so itself."""

from pathlib import Path

import pytest

from latentdim.outcomes.wording import worded
from latentdim.records.folder import RunFolder
from latentdim.records.journal import Cause, end_attempt, last_failure, start_attempt
from latentdim.records.state import state_of
from latentdim.records.status import Kind, Reason, Status
from latentdim.system.files import append_line, read_lines, write_json
from latentdim.system.leases import lease


def killed(folder: RunFolder, *, limits: dict[str, float], minutes: float, memory_mb: float) -> None:
    start = {"event": "start", "attempt": 1, "time": 0.0, "host": "node7", "pid": 1, "job": "42", "limits": limits}
    append_line(folder.journal, start)
    write_json(folder.progress, {"time": minutes * 60, "attempt": 1, "memory_mb": memory_mb})


@pytest.mark.parametrize(
    ("limits", "minutes", "memory_mb", "status"),
    [
        ({"minutes": 60.0, "memory_mb": 4000.0}, 59.0, 1000.0, Status.TIMED_OUT),
        ({"minutes": 60.0, "memory_mb": 4000.0}, 5.0, 3900.0, Status.OUT_OF_MEMORY),
        ({"minutes": 60.0, "memory_mb": 4000.0}, 5.0, 1000.0, Status.FAILED),
        ({}, 5.0, 1000.0, Status.FAILED),
    ],
)
def test_a_killed_run_is_inferred_from_its_journal(
    tmp_path: Path, limits: dict[str, float], minutes: float, memory_mb: float, status: Status
) -> None:
    folder = RunFolder(tmp_path)
    killed(folder, limits=limits, minutes=minutes, memory_mb=memory_mb)
    state = state_of(folder)
    assert state.status is status
    assert state.reason is not None
    assert state.reason.kind is Kind.KILLED
    assert "node7, job 42" in state.reason.detail


def test_the_time_limit_is_the_jobs_and_not_the_runs(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    start = {
        "event": "start",
        "attempt": 1,
        "time": 1500.0,
        "job_started": 0.0,
        "host": "node7",
        "limits": {"minutes": 30.0},
    }
    append_line(folder.journal, start)  # the second run of a job, begun at minute 25
    write_json(folder.progress, {"time": 1790.0, "attempt": 1, "memory_mb": 10})
    assert state_of(folder).status is Status.TIMED_OUT


def test_a_run_that_never_started_is_missing_and_one_interrupted_goes_on(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert (state_of(folder).status, state_of(folder).reason) == (Status.MISSING, Reason(Kind.NOT_STARTED))
    attempt = start_attempt(folder, limits={})
    end_attempt(folder, attempt, "interrupted")
    assert (state_of(folder).status, state_of(folder).reason) == (Status.MISSING, Reason(Kind.INTERRUPTED))


def test_a_stop_at_the_time_limit_says_so(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    end_attempt(folder, start_attempt(folder, limits={"minutes": 1.0}), "interrupted", cause=Cause.TIME)
    state = state_of(folder)
    assert (state.status, state.reason) == (Status.TIMED_OUT, Reason(Kind.TIME_LIMIT))
    assert "at its job's time limit" in worded(state.reason)


@pytest.mark.parametrize(
    ("outcome", "status", "detail"),
    [
        ("failed", Status.FAILED, "history.csv can't be written"),
        ("out_of_memory", Status.OUT_OF_MEMORY, "history.csv can't be written"),
        ("error", Status.FAILED, "history.csv can't be written"),  # as it was called once
        ("ok", Status.MISSING, "its record was removed"),
    ],
)
def test_an_attempt_that_left_no_record_is_told_by_its_end_and_not_as_an_interruption(
    tmp_path: Path, outcome: str, status: Status, detail: str
) -> None:
    folder = RunFolder(tmp_path)
    attempt = start_attempt(folder, limits={})
    end_attempt(folder, attempt, outcome, cause=Cause.WRITE, reason="history.csv can't be written")
    state = state_of(folder)
    assert (state.status, state.reason and state.reason.detail) == (status, detail)
    assert state.reason != Reason(Kind.INTERRUPTED)


def test_the_end_of_an_attempt_finds_room_where_the_file_grows_no_more(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    attempt = start_attempt(folder, limits={"minutes": 10.0})
    size = folder.journal.stat().st_size
    end_attempt(folder, attempt, "failed", cause=Cause.WRITE, reason="ü" * 10_000)
    assert folder.journal.stat().st_size == size
    start_attempt(folder, limits={})
    end_attempt(folder, 2, "ok")
    lines = read_lines(folder.journal)
    assert [(line["event"], line["attempt"]) for line in lines] == [("start", 1), ("end", 1), ("start", 2), ("end", 2)]
    assert lines[1]["reason"] == "ü" * 500
    assert last_failure(folder) == ""


def test_who_holds_the_run_itself_is_not_told_that_it_is_running(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with lease(folder.lease):
        assert state_of(folder).reason == Reason(Kind.RUNNING)
        assert state_of(folder, leased=True).reason == Reason(Kind.NOT_STARTED)


def test_a_journal_changed_by_hand_costs_its_run_alone(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    append_line(folder.journal, {"attempt": 1})
    state = state_of(folder)
    assert state.status is Status.FAILED
    assert state.reason is not None
    assert str(folder.journal) in state.reason.detail
