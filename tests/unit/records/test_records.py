"""How a run ended is read off its folder, also where it could no longer say so itself."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from latentdim.records.folder import RunFolder, Status, end_attempt, start_attempt, state_of, write_record
from latentdim.system import leases
from latentdim.system.files import append_line, write_json
from latentdim.system.leases import Held, holder_of, lease, made_once


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
    assert "node7" in state.reason
    assert "job 42" in state.reason


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


def test_a_run_that_never_started_is_missing_and_a_record_has_the_last_word(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert state_of(folder).status is Status.MISSING
    attempt = start_attempt(folder, limits={})
    end_attempt(folder, attempt, "interrupted")
    assert state_of(folder).status is Status.MISSING
    assert "interrupted" in state_of(folder).reason
    write_record(folder, status=Status.COLLAPSED, reason="no dimension is active")
    assert state_of(folder).status is Status.COLLAPSED


HOLDER = """
import sys, time
from pathlib import Path
from latentdim.system.leases import lease

with lease(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_told_who_holds_the_lease_and_takes_over_from_a_killed_one(tmp_path: Path) -> None:
    path = tmp_path / "lease"
    owner = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "held\n"
    with pytest.raises(Held, match=f"process {owner.pid}"), lease(path):
        pass
    assert (holder_of(path) or {})["pid"] == owner.pid
    owner.kill()
    owner.wait()
    assert holder_of(path) is None
    with lease(path):
        pass


def test_what_another_process_makes_meanwhile_is_waited_for_and_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(leases, "POLL_SECONDS", 0.0)
    looks = iter([None, None, None, "theirs"])
    path = tmp_path / "lease"
    with lease(path):
        assert made_once(path, lambda: next(looks), lambda: "ours", title="it is being made") == "theirs"
    told = capsys.readouterr().err
    assert told.startswith("wait     it is being made: held by process ")
    assert told.count("\n") == 1
    late = iter([None, "theirs"])  # made between the first look and the lease
    assert made_once(path, lambda: next(late), lambda: "ours", title="it") == "theirs"
    assert made_once(path, lambda: None, lambda: "ours", title="it") == "ours"


def test_another_hosts_lease_counts_until_it_is_no_longer_refreshed(tmp_path: Path) -> None:
    path = tmp_path / "lease"
    path.write_text('{"host": "elsewhere", "pid": 1, "job": "9"}')
    with pytest.raises(Held, match="elsewhere, job 9"), lease(path):
        pass
    os.utime(path, (time.time() - 1000, time.time() - 1000))
    with lease(path):
        pass
