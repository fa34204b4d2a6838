"""A lease per run: two processes never write one run's folder.

The lock is the kernel's, so it is gone the moment its process is. On file systems that don't carry locks between
hosts, the lease's time stamp is refreshed while it is held, and a lease of another host counts as stale once it
hasn't been refreshed for a while.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from latentdim.system.files import writing

REFRESH_SECONDS = 10.0
STALE_SECONDS = 90.0
POLL_SECONDS = 1.0

Made = TypeVar("Made")


class Held(Exception):
    """Somebody else holds the lease; the message says who."""


@contextmanager
def lease(path: Path) -> Iterator[None]:
    """Hold the lease for the length of the block.

    Raises:
        Held: if another process holds it.
        NotWritten: if it can't be written, in a sentence.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        with writing(path):
            _take(handle, path)
        stop = threading.Event()
        refresher = threading.Thread(target=_refresh, args=(path, stop), daemon=True)
        refresher.start()
        try:
            yield
        finally:
            stop.set()
            refresher.join()
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def made_once(path: Path, find: Callable[[], Made | None], make: Callable[[], Made], *, title: str) -> Made:
    """What is found, else made: of several processes one makes it under the lease, and the others wait for it.

    Args:
        title: of what is being made, for who waits.
    """
    told = False
    while (found := find()) is None:
        try:
            with lease(path):
                found = find()  # somebody may have made it just before the lease was free
                return make() if found is None else found
        except Held as held:
            if not told:
                print(f"wait     {title}: {held}", file=sys.stderr)
            told = True
            time.sleep(POLL_SECONDS)
    return found


def _take(handle: int, path: Path) -> None:
    owner = _owner(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Held(described(owner)) from None
    if owner and owner.get("host") != os.uname().nodename and _age(path) < STALE_SECONDS:
        raise Held(described(owner))
    content = {
        "host": os.uname().nodename,
        "pid": os.getpid(),
        "job": os.environ.get("SLURM_JOB_ID", ""),
        "since": time.time(),
    }
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(content).encode(), 0)


def holder_of(path: Path) -> dict[str, Any] | None:
    """Who holds the lease, or None."""
    owner = _owner(path)
    if not owner:
        return None
    if owner.get("host") != os.uname().nodename:
        return owner if _age(path) < STALE_SECONDS else None
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return owner
    finally:
        os.close(handle)
    return None


def _owner(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text(encoding="utf-8") or "null")
    except (OSError, json.JSONDecodeError):
        return None


def _age(path: Path) -> float:
    """Seconds since a lease was refreshed, by the clock of the file system, from which a host's own may differ."""
    from tempfile import TemporaryFile  # only for another host's lease

    try:
        with TemporaryFile(dir=path.parent) as new:
            now = os.fstat(new.fileno()).st_mtime
    except OSError:  # nothing can be written there
        now = time.time()
    return now - path.stat().st_mtime


def described(owner: dict[str, Any] | None) -> str:
    """Who holds a lease, in words."""
    if not owner:
        return "held by another process"
    job = f", job {owner['job']}" if owner.get("job") else ""
    return f"held by process {owner.get('pid')} on {owner.get('host')}{job}"


def _refresh(path: Path, stop: threading.Event) -> None:
    while not stop.wait(REFRESH_SECONDS):
        with suppress(OSError):  # the folder may be gone; the kernel's lock still holds
            os.utime(path)
