"""Which runs of this user work on a device of this machine at a time, told by locks that end with their process.

Seconds and joules of a run that shared its device tell of the others too. Processes that aren't this suite's, and
those with a temporary folder of their own (some batch systems give one to each job), aren't seen.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

WATCH_SECONDS = 1.0


def device_key(device: torch.device) -> str:
    """A name that every process on this machine gives the device: the GPU's own, whatever number it has here."""
    if device.type != "cuda":
        return device.type
    import torch

    return f"GPU-{torch.cuda.get_device_properties(device).uuid}"


@contextmanager
def occupying(device: str, *, home: Path | None = None) -> Iterator[None]:
    """Count as a run on this device for the length of the block.

    Args:
        device: its key, see :func:`device_key`.
        home: of the locks; the user's own temporary folder by default.
    """
    folder = _folder(device, home)
    handle, name = tempfile.mkstemp(prefix=".", dir=folder)
    path = Path(name)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        path = path.rename(path.with_name(path.name.removeprefix(".")))  # locked before anyone looks at it
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def occupants(device: str, *, home: Path | None = None) -> int:
    """How many runs occupy this device now, this process's own included. Drops what killed processes left."""
    count = 0
    for path in _folder(device, home).glob("[!.]*"):
        with suppress(FileNotFoundError):  # it ended meanwhile
            handle = os.open(path, os.O_RDWR)
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
                path.unlink()
            except BlockingIOError:
                count += 1
            finally:
                os.close(handle)
    return count


class Watch:
    """Counts a device's occupants at the block's start and end, and every second between.

    Attributes:
        most: the largest count.
    """

    def __init__(self, device: str, *, home: Path | None = None, seconds: float = WATCH_SECONDS) -> None:
        self.device, self.home, self.seconds = device, home, seconds
        self.most = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        self._look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._look()

    def _look(self) -> None:
        self.most = max(self.most, occupants(self.device, home=self.home))

    def _watch(self) -> None:
        while not self._stop.wait(self.seconds):
            self._look()


def _folder(device: str, home: Path | None) -> Path:
    name = "".join(character if character.isalnum() else "-" for character in device)
    folder = (home or Path(tempfile.gettempdir()) / f"latentdim-runs-{os.getuid()}") / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
