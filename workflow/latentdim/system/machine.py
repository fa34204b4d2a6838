"""What this machine has, found out without torch: the limits of local execution, and one GPU for a process."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

_HELD: list[FileLock] = []  # claimed GPUs; the kernel drops the claims when the process ends


def gpus() -> list[str]:
    """The CUDA devices that a process started here may use, as ``CUDA_VISIBLE_DEVICES`` would name them."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        listed = [name.strip() for name in visible.split(",")]
        # As CUDA reads it: what follows the first invalid entry doesn't count.
        usable = next((index for index, name in enumerate(listed) if name in {"", "-1"}), len(listed))
        return listed[:usable]
    devices = [path for path in Path("/dev").glob("nvidia*") if re.fullmatch(r"nvidia\d+", path.name)]
    return [str(index) for index in range(len(devices) or _count_by_driver())]


def _count_by_driver() -> int:
    """GPUs as the driver lists them, for systems without device files of their own."""
    import pynvml  # only where a job starts: planning is done anew in every one

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return 0
    try:
        return int(pynvml.nvmlDeviceGetCount())
    finally:
        pynvml.nvmlShutdown()


def gpu_count() -> int:
    """How many GPU jobs the local profile runs side by side; with 0 they run on the CPU."""
    return len(gpus())


def memory_mb() -> int:
    """Memory that jobs on this machine may share, in MB: its own, or its control group's where that is less."""
    total = psutil.virtual_memory().total
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            total = min(total, int((Path("/sys/fs/cgroup") / name).read_text()))
        except (OSError, ValueError):
            continue
    return total // 1_000_000


def claim_gpu(folder: Path | None = None) -> str | None:
    """Keep this process to one GPU of several, one that no other process of this suite has claimed.

    Jobs that run side by side on one machine would otherwise all take the first. A batch system that hands out GPUs
    leaves one visible, and then there is nothing to choose. Call it before torch is imported.

    Returns:
        The claimed device, now the only visible one; None where there is no choice, or all are taken (then the job
        shares whatever is there).
    """
    found = gpus()
    if len(found) < 2:
        return None
    home = folder or Path(tempfile.gettempdir()) / f"latentdim-gpus-{os.getuid()}"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in found:
        claim = FileLock(home / f"{name.replace('/', '_')}.lock", timeout=0, mode=0o600)
        try:
            claim.acquire()
        except Timeout:
            continue
        _HELD.append(claim)
        os.environ["CUDA_VISIBLE_DEVICES"] = name
        return name
    return None
