"""Where and with what a benchmark ran."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version

from benchmarks.project import cores
from benchmarks.pythae_apart import pythae_version
from latentdim.harness.environment import commit, processor

PACKAGES = ("torch", "torchvision", "numpy", "snakemake")


def described() -> list[str]:
    """Sentences on the machine, the versions and the date."""
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC, commit {commit() or 'unknown'} (+: with changes)",
        f"{processor()}, {cores()} cores, {platform.system()} {platform.machine()}; GPU: {gpu}",
        f"Python {platform.python_version()}, {packages}, pythae {pythae_version()}",
    ]


def load() -> str:
    """How busy the machine is: the mean number of running processes over the last minute."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
