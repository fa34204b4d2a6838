"""Where a run takes place: device, threads, versions, hardware."""

from __future__ import annotations

import atexit
import gc
import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import torch

import latentdim
from latentdim.harness.compiler import defer_compiler
from latentdim.nets.kernels import Kernel
from latentdim.records.record import Device, Host
from latentdim.study.protocol import Training
from latentdim.system.allocation import keep_freed_memory
from latentdim.system.problems import InputError
from latentdim.training.progress import say

PACKAGES = ("torch", "numpy", "torchvision", "scikit-learn", "safetensors")
WRITTEN = ("reports", "results")


def choose_device(asked: Literal["auto", "cpu", "cuda"]) -> tuple[torch.device, list[str]]:
    """The device to run on, and notes for the record.

    Raises:
        InputError: if ``cuda`` is demanded and there is none.
    """
    if asked == "cpu":
        return torch.device("cpu"), []
    if torch.cuda.is_available():
        return torch.device("cuda"), []
    if asked == "cuda":
        raise InputError(
            "the device", ["execution.device = 'cuda': torch sees no CUDA device here; 'auto' falls back to the CPU"]
        )
    say("NO GPU: torch sees no CUDA device, so this runs on the CPU (execution.device = 'auto')")
    return torch.device("cpu"), ["no CUDA device was found, so 'auto' fell back to the CPU"]


def set_arithmetic(training: Training, device: torch.device) -> None:
    """Threads and arithmetic of one run, so that equal protocols give equal numbers."""
    keep_freed_memory()
    defer_compiler()
    gc.freeze()  # what was imported needn't be searched for garbage in every few steps
    thaw_at_exit()
    torch.set_num_threads(training.threads)
    torch.set_flush_denormal(True)  # denormal numbers slow dead units' updates down a hundredfold
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.benchmark = False
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False


@cache
def thaw_at_exit() -> None:
    """Have the process let its imports go at its end: libraries whose objects are left over then say so at length."""
    atexit.register(gc.unfreeze)


@cache
def versions() -> dict[str, str]:
    """Versions of what can move a number, and the commit of this repository."""
    found = {"latentdim": latentdim.__version__, "python": platform.python_version(), "commit": commit()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


@cache
def commit() -> str:
    """This repository's commit; see :func:`commit_of`."""
    return commit_of(Path(latentdim.__file__).resolve().parents[2])


def commit_of(folder: Path) -> str:
    """The commit that a folder is checked out at, with a + where tracked files differ; empty outside a checkout.

    What the suite itself writes there, reports and published results, doesn't count.
    """
    git = ["git", "--no-optional-locks", "-C", str(folder)]
    apart = [":(top)", *(f":(top,exclude){name}" for name in WRITTEN)]
    try:
        named = _printed([*git, "describe", "--always", "--abbrev=12", "--exclude=*"])
        changed = _printed([*git, "status", "--porcelain", "--untracked-files=no", "--", *apart]) if named else ""
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return f"{named}+" if changed else named


def _printed(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout.strip()


def device_facts(device: torch.device, training: Training, kernel: Kernel) -> Device:
    """Kind and name of the device, the threads of the run, and the arithmetic that its layers went through."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else processor()
    return Device(kind=device.type, name=name, threads=training.threads, kernel=kernel)


@cache
def processor() -> str:
    """The processor's name as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def host_facts() -> Host:
    """Processor, cores and system of the machine, without its name."""
    return Host(cpu=processor(), cores=os.cpu_count(), system=f"{platform.system()} {platform.machine()}")
