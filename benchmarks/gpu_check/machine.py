"""The GPU and what drives it, in sentences."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import torch

from benchmarks.images import Images
from benchmarks.project import cores
from latentdim.harness.environment import commit, processor

PACKAGES = ("torch", "numpy", "pydantic", "safetensors")


def described(device: torch.device, images: Images, *, minutes: float, code: str = "") -> list[str]:
    """What was measured on, with what, and when.

    Args:
        code: the commit, where there is no git to ask.
    """
    return [
        f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC, commit {commit() or code or 'unknown'} (+: with changes)",
        f"time limit: {minutes:g} minutes",
        _card(device),
        f"{processor()}, {cores()} cores, {platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}, {', '.join(f'{name} {_version(name)}' for name in PACKAGES)}, "
        f"CUDA {torch.version.cuda or 'none'}, cuDNN {torch.backends.cudnn.version() or 'none'}",
        f"images: {images.source}",
    ]


def _card(device: torch.device) -> str:
    if device.type != "cuda":
        return "no GPU: on the CPU"
    card = torch.cuda.get_device_properties(device)
    memory = card.total_memory / 2**30
    driver = f", driver {_driver()}" if _driver() else ""
    return f"{card.name}, {card.multi_processor_count} multiprocessors, {memory:.0f} GiB{driver}; TF32 off"


@cache
def _driver() -> str:
    """The driver's version; empty where its tool can't tell."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.split()[0] if told.split() else ""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
