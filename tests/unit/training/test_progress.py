"""Heartbeats and lines of progress, on a clock that is set by hand."""

import json
import re
from pathlib import Path

import pytest

from latentdim.training import progress as module
from latentdim.training.progress import Progress


class Clock:
    """Seconds since some moment."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module.time, "monotonic", clock.monotonic)
    return clock


def beat(path: Path) -> tuple[int, float]:
    """Step and seconds left of the last heartbeat."""
    content = json.loads(path.read_text())
    return content["step"], content["seconds_left"]


def test_what_is_left_goes_by_the_steps_that_this_process_took(
    tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Taken up at step 10, 20 steps in 50 seconds: 35 steps from 30 to 65 take 87.5."""
    progress = Progress("vae L2", tmp_path / "progress.json", tmp_path / "run.log", attempt=3)
    progress.step(10, 65, epoch=1, epochs=7)
    assert beat(tmp_path / "progress.json") == (10, 0.0)
    clock.now += 50
    progress.loss = 0.123456
    progress.step(30, 65, epoch=4, epochs=7)
    content = json.loads((tmp_path / "progress.json").read_text())
    told = {name: content[name] for name in ("attempt", "step", "steps", "epoch", "epochs", "loss", "seconds_left")}
    assert told == {
        "attempt": 3, "step": 30, "steps": 65, "epoch": 4, "epochs": 7, "loss": 0.123456, "seconds_left": 87.5,
    }  # fmt: skip
    assert 10 < content["memory_mb"] < 100_000
    line = "train  vae L2  epoch 4/7  step 30/65  loss 0.1235  1:27 left\n"
    assert capsys.readouterr().err == line
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  " + re.escape(line), (tmp_path / "run.log").read_text())


def test_there_is_a_heartbeat_a_second_a_line_every_ten_and_both_at_the_end(
    tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    path, beats, lines = tmp_path / "progress.json", [], []
    progress = Progress("", path)
    for step in range(1, 52):
        before = path.stat().st_mtime_ns if path.exists() else None
        progress.step(step, 51, epoch=1, epochs=1)
        if path.stat().st_mtime_ns != before:
            beats.append(step)
        if capsys.readouterr().err:
            lines.append(step)
        clock.now += 0.5
    assert beats == [*range(1, 52, 2)]
    assert lines == [21, 41, 51]


def test_without_a_place_nothing_is_told(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    Progress("").step(5, 5, epoch=1, epochs=1)
    assert capsys.readouterr() == ("", "")
