"""Two processes never write one run, and what one makes the others take."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from latentdim.system import leases
from latentdim.system.leases import Held, holder_of, lease, made_once

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


@pytest.mark.parametrize("skew", [-1000.0, 1000.0])
def test_a_host_whose_clock_is_wrong_neither_takes_a_living_lease_nor_waits_for_a_dead_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skew: float
) -> None:
    path, now = tmp_path / "lease", time.time()
    path.write_text('{"host": "elsewhere", "pid": 1, "job": "9"}')
    monkeypatch.setattr("latentdim.system.leases.time.time", lambda: now + skew)
    assert holder_of(path)
    with pytest.raises(Held, match="elsewhere, job 9"), lease(path):
        pass
    os.utime(path, (now - 400, now - 400))
    assert holder_of(path) is None
    with lease(path):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["lease"]
