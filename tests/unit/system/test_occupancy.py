"""Counting the runs on a device: this process's, other processes', and what a killed one leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from latentdim.system.occupancy import Watch, device_key, occupants, occupying

ELSEWHERE = """
import sys, time
from pathlib import Path
from latentdim.system.occupancy import occupying
with occupying("cpu", home=Path(sys.argv[1])):
    print("there", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path):
    """Another process that occupies the CPU."""
    command = [sys.executable, "-c", ELSEWHERE, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def files(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


def test_each_block_counts_once_on_its_own_device_and_leaves_nothing(tmp_path):
    assert occupants("cpu", home=tmp_path) == 0
    with occupying("cpu", home=tmp_path):
        assert occupants("cpu", home=tmp_path) == 1
        assert occupants("GPU-1", home=tmp_path) == 0
        with occupying("cpu", home=tmp_path), occupying("GPU-1", home=tmp_path):
            assert occupants("cpu", home=tmp_path) == 2
            assert occupants("GPU-1", home=tmp_path) == 1
    assert files(tmp_path) == []


def test_a_block_that_fails_no_longer_counts(tmp_path):
    with pytest.raises(KeyError), occupying("cpu", home=tmp_path):
        raise KeyError
    assert occupants("cpu", home=tmp_path) == 0


def test_other_processes_count_until_they_are_killed(tmp_path, other):
    with occupying("cpu", home=tmp_path):
        assert occupants("cpu", home=tmp_path) == 2
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        assert len(files(tmp_path)) == 2  # nobody tidied up
        assert occupants("cpu", home=tmp_path) == 1
        assert len(files(tmp_path)) == 1


def test_a_watch_sees_a_run_that_comes_and_goes_between_its_ends(tmp_path):
    with occupying("cpu", home=tmp_path), Watch("cpu", home=tmp_path, seconds=0.01) as watch:
        assert watch.most == 1
        with occupying("cpu", home=tmp_path):
            deadline = time.monotonic() + 20.0
            while watch.most < 2 and time.monotonic() < deadline:
                time.sleep(0.01)
    assert watch.most == 2


def test_a_watch_looks_at_its_end_too(tmp_path):
    with Watch("cpu", home=tmp_path, seconds=1000.0) as watch:
        block = occupying("cpu", home=tmp_path)
        block.__enter__()
    assert watch.most == 1
    block.__exit__(None, None, None)


def test_a_gpu_is_known_by_its_own_name_and_not_by_its_number(monkeypatch):
    assert device_key(torch.device("cpu")) == "cpu"
    properties = type("Properties", (), {"uuid": "1234-ab"})()
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: properties)
    assert device_key(torch.device("cuda", 3)) == "GPU-1234-ab"
