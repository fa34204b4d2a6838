"""What can't be written is told with its cause, never half there, and done at the next invocation; others go on."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from latentdim.plan.expand import plan_study
from latentdim.tables.markdown import plain

FULL = "no room is left on its disk"
WORKING = """
from latentdim.nets import Autoencoder, reconstruction
from latentdim.training import Task, train


def fit(task, config):
    before(task)
    model = Autoencoder.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    return train(model, lambda x: {"loss": reconstruction(model, model.encode(x), x, task.protocol)}, task)
"""
FILLING = """
from contextlib import suppress


def before(task):
    if task.dim == 3:
        with suppress(OSError), open("{filler}", "wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
"""


def test_a_file_where_a_runs_folder_belongs_is_told_and_others_go_on(bench: Any, tmp_path: Path) -> None:
    bench.run({"pca": {}}, dims=(2,))
    plan = plan_study(str(bench.file), results=bench.results)
    in_the_way = plan.folder(plan.runs[0]).parents[1].with_name("L3")
    in_the_way.write_text("a note")
    assert bench.run({"pca": {}}, dims=(3, 4)) == 1
    sentence = f"'{in_the_way}' is a file where a folder belongs"
    assert sentence in bench.err
    assert "Traceback" not in bench.err
    assert bench.states()["pca L=3 seed 0"] == ("missing", f"nothing can be written: {sentence}")
    assert bench.states()["pca L=4 seed 0"][0] == "ok"
    assert plain(sentence) in bench.page(tmp_path / "reports")
    in_the_way.unlink()
    assert bench.run({"pca": {}}, dims=(3, 4)) == 0


class FullDisk:
    """Every write of a file whose name holds a word ends as on a full disk."""

    def __init__(self, word: str) -> None:
        self.word, self.sync = word, os.fsync

    def fsync(self, handle: int) -> None:
        if self.word in str(Path(f"/proc/self/fd/{handle}").readlink()):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.sync(handle)


@pytest.mark.parametrize("word", ["checkpoint", "history", "model", "record", "examples", "mse_per_pixel"])
def test_what_doesnt_fit_the_disk_is_told_and_done_at_the_next_invocation(
    bench: Any, bench_at: Callable[[Path], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    options = ("--checkpoint-seconds", "0")
    exhibits = [{"kind": "samples", "name": "samples"}]
    with monkeypatch.context() as patched:
        patched.setattr("latentdim.system.files.os.fsync", FullDisk(word).fsync)
        assert bench.run({"vae": {}}, *options, exhibits=exhibits) == 1
    folder = bench.folders["vae L=2 seed 0"]
    assert [path for path in folder.path.rglob("*") if path.is_file() and word in path.name] == []
    assert FULL in bench.err
    assert "Traceback" not in bench.err
    end = bench.last_end("vae L=2 seed 0")
    assert (end["outcome"], end["cause"]) == ("failed", "write")
    assert word in end["reason"]
    assert end["reason"].endswith(f"can't be written: {FULL}")
    assert plain(end["reason"]) in bench.page(tmp_path / "reports")
    trained = word in {"examples", "mse_per_pixel"}
    assert bench.states()["vae L=2 seed 0"] == (("ok", "") if trained else ("failed", end["reason"]))
    assert bench.run({"vae": {}}, *options, exhibits=exhibits) == 0
    whole = bench_at(tmp_path / "whole")
    assert whole.run({"vae": {}}, *options, exhibits=exhibits) == 0
    assert folder.model.read_bytes() == whole.folders["vae L=2 seed 0"].model.read_bytes()


@pytest.mark.parametrize("word", ["progress"])
def test_what_only_tells_costs_no_run(bench: Any, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setattr("latentdim.system.files.os.fsync", FullDisk(word).fsync)
    assert bench.run({"vae": {}}) == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 48 MB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk takes root's rights")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_disk_that_is_full_to_the_last_byte(
    small_disk: Path, tmp_path: Path, bench_at: Callable[[Path], Any], planted_source: Callable[..., None]
) -> None:
    filler = small_disk / "of somebody else"
    planted_source(FILLING.format(filler=filler) + WORKING)
    bench = bench_at(small_disk / "results")
    assert bench.run({"planted": {}}, dims=(2, 3, 4)) == 1
    states = bench.states()
    assert states["planted L=2 seed 0"] == ("ok", "")
    assert states["planted L=3 seed 0"] == ("failed", f"history.csv can't be written: {FULL}")
    assert states["planted L=4 seed 0"] == ("missing", f"nothing can be written: {FULL}")
    page = bench.page(tmp_path / "reports")
    assert f"history.csv can't be written: {FULL}" in page
    assert f"nothing can be written: {FULL}" in page
    filler.unlink()
    planted_source("def before(task): ...\n" + WORKING)
    assert bench.run({"planted": {}}, dims=(2, 3, 4)) == 0
