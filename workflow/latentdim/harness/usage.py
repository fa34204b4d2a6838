"""What a training takes of its machine: peak memory, energy, and how many runs shared the device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pynvml
import torch

from latentdim.system.occupancy import Watch, device_key


class Meter:
    """What a block uses of a device, filled into ``usage`` as it ends; see :func:`metered`."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.usage: dict[str, Any] = {}
        self.since = "training" if _set_peak_back(device) else "process"
        self.before, self.joules = _memory_mb(device, peak=False), energy_joules(device)
        self.peak: float | None = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out what a block uses, such as measuring within a training; what it leaves in memory counts."""
        self.note_peak()
        joules = energy_joules(self.device)
        try:
            yield
        finally:
            _set_peak_back(self.device)
            after = energy_joules(self.device)
            if self.joules is not None and joules is not None and after is not None:
                self.joules += after - joules

    def note_peak(self) -> None:
        """The peak so far, before it is set back."""
        peak = _memory_mb(self.device, peak=True)
        self.peak = peak if self.peak is None or peak is None else max(peak, self.peak)


@contextmanager
def metered(device: torch.device) -> Iterator[Meter]:
    """What the block uses; the meter's ``usage`` is filled as it ends.

    ``shared_by``: the most runs that were on the device at once, 1 for this one alone. ``peak_memory_mb`` (10⁶ bytes):
    on a GPU what torch allocated there, on the CPU the process's resident memory, mapped data included; None where the
    system tells neither. ``memory_before_mb``: the same as the block began, so what a pack's earlier runs left.
    ``memory_since``: ``training``, or ``process`` where the system can't set the peak back. ``energy_joules``: of the
    whole device, None where it reports none.
    """
    meter = Meter(device)
    with Watch(device_key(device)) as watch:
        yield meter
    after = energy_joules(device)
    meter.note_peak()
    meter.usage |= {
        "shared_by": watch.most,
        "peak_memory_mb": meter.peak,
        "memory_before_mb": meter.before,
        "memory_since": meter.since,
        "energy_joules": None if meter.joules is None or after is None else round(after - meter.joules, 3),
    }


def energy_joules(device: torch.device) -> float | None:
    """Energy that a GPU has used since its driver was loaded, as its driver says; None where it can't tell."""
    if device.type != "cuda":
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    try:
        handle = pynvml.nvmlDeviceGetHandleByUUID(device_key(device))
        return float(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1000.0
    except pynvml.NVMLError:
        return None
    finally:
        pynvml.nvmlShutdown()


def _set_peak_back(device: torch.device) -> bool:
    """Start a new peak of memory. Returns whether that was possible."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return True
    try:
        Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM and nothing else
    except OSError:
        return False
    return True


def _memory_mb(device: torch.device, *, peak: bool) -> float | None:
    if device.type == "cuda":
        read = torch.cuda.max_memory_allocated if peak else torch.cuda.memory_allocated
        return round(read(device) / 1e6, 1)
    if not peak:
        return round(psutil.Process().memory_info().rss / 1e6, 1)
    # Neither psutil nor getrusage tell a peak that can be set back; the latter is inherited from the parent process.
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    values = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return round(values[0] * 1024 / 1e6, 1) if values else None
