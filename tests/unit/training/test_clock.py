"""Seconds of a training, on a clock that is moved by hand."""

import time

import pytest
import torch

from latentdim.training.clock import Clock


def test_seconds_go_on_from_earlier_processes_and_leave_pauses_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    clock = Clock(torch.device("cpu"), seconds=2.5)
    now[0] += 0.25
    with clock.paused():
        now[0] += 7.0
    now[0] += 0.5
    assert clock.seconds == 3.25
