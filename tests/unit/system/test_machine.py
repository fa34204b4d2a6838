"""Limits of local execution, and one GPU for each process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pynvml
import pytest
import yte

from latentdim.system import machine

PROFILES = Path(__file__).resolve().parents[3] / "workflow" / "profiles"


@pytest.mark.parametrize(
    ("visible", "devices"),
    [
        ("", []),
        ("-1", []),
        ("0", ["0"]),
        ("2,3", ["2", "3"]),
        ("1,-1,2", ["1"]),
        ("GPU-ab,GPU-cd", ["GPU-ab", "GPU-cd"]),
    ],
)
def test_visible_devices_are_read_as_cuda_reads_them(visible, devices, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert machine.gpus() == devices


def test_without_the_variable_devices_are_counted_without_torch(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    expected = len([path for path in Path("/dev").glob("nvidia*") if path.name[6:].isdigit()])
    if not expected:
        monkeypatch.setattr(machine, "_count_by_driver", lambda: 3)
        expected = 3
    assert machine.gpus() == [str(index) for index in range(expected)]


@pytest.mark.parametrize("count", [0, 1, 4])
def test_the_local_profile_limits_gpus_and_memory_to_what_the_machine_has(count, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(count))))
    profile = yte.process_yaml((PROFILES / "local" / "config.yaml").read_text(), require_use_yte=True)

    assert profile["resources"] == {"gpu": count, "mem_mb": machine.memory_mb()}
    assert 500 < machine.memory_mb() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6


@pytest.mark.parametrize("name", ["local", "slurm", "cluster-generic"])
def test_all_profiles_rerun_by_time_alone_go_on_after_failures_and_leave_no_lock(name):
    profile = yte.process_yaml((PROFILES / name / "config.yaml").read_text(), require_use_yte=True)

    wanted = {"rerun-triggers": "mtime", "nolock": True, "rerun-incomplete": True, "keep-going": True}
    assert wanted.items() <= profile.items()
    assert profile["retries"] == (0 if name == "local" else 2)


def test_no_profile_is_applied_to_everybody():
    assert not (PROFILES / "default").exists()
    assert not (PROFILES.parent.parent / "profiles").exists()


CLAIM = (
    "import sys; from pathlib import Path; from latentdim.system.machine import claim_gpu; "
    "print(claim_gpu(Path(sys.argv[1])), flush=True); sys.stdin.read()"
)


def claimer(folder: Path, visible: str) -> subprocess.Popen[str]:
    """A process that claims a GPU and holds it until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", CLAIM, str(folder)], env=os.environ | {"CUDA_VISIBLE_DEVICES": visible},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_processes_side_by_side_take_different_gpus_and_free_them_when_they_end(tmp_path):
    first, second = claimer(tmp_path, "2,3"), claimer(tmp_path, "2,3")
    taken = [first.stdout.readline().strip(), second.stdout.readline().strip()]
    assert sorted(taken) == ["2", "3"]
    third = claimer(tmp_path, "2,3")
    assert third.stdout.readline().strip() == "None"
    first.kill()
    first.wait()
    fourth = claimer(tmp_path, "2,3")
    assert fourth.stdout.readline().strip() == taken[0]
    for process in (second, third, fourth):
        process.communicate("")


def test_a_single_gpu_is_not_claimed(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5")
    assert machine.claim_gpu(tmp_path) is None
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "5"


@pytest.mark.parametrize("count", [None, 0, 3])
def test_without_device_files_the_driver_counts(count, monkeypatch):
    def initialised() -> None:
        if count is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", initialised)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", lambda: count)
    monkeypatch.setattr(pynvml, "nvmlShutdown", lambda: None)
    assert machine._count_by_driver() == (count or 0)
