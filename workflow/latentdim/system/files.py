"""Writing files whole or not at all, saying why one can't be written, and reading JSON back."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from latentdim.system.problems import NotWritten

CAUSES = {errno.ENOSPC: "no room is left on its disk", errno.EDQUOT: "the quota on its disk is used up"}
NO_ROOM_BYTES = 1 << 16  # with less than that left nothing can begin
TAIL_BYTES = 1 << 16
UNREADABLE = (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Whatever the system refuses inside the block becomes a sentence about the file.

    Raises:
        NotWritten: with the cause: a full disk, a file where a folder belongs, a permission that lacks.
    """
    try:
        yield
    except NotWritten:
        raise
    except Exception as error:
        number = _number_of(error)
        if number is None:
            raise
        raise NotWritten(path, CAUSES.get(number) or _in_the_way(path.parent) or os.strerror(number), number) from error


def _number_of(error: Exception) -> int | None:
    """The system's number of an error; safetensors has it in its text alone."""
    if isinstance(error, OSError):
        return error.errno
    named = re.search(r"\(os error (\d+)\)", str(error))
    return int(named[1]) if named else None


def hindrance(folder: Path) -> str:
    """Why nothing can be written into a folder, or where it would be made; empty where nothing is in the way."""
    if obstacle := _in_the_way(folder):
        return obstacle
    place = _nearest(folder)
    if not os.access(place, os.W_OK | os.X_OK):
        return f"'{place}' can't be written by this user"
    disk = os.statvfs(place)
    return CAUSES[errno.ENOSPC] if disk.f_bavail * disk.f_frsize < NO_ROOM_BYTES else ""


def _in_the_way(folder: Path) -> str:
    place = _nearest(folder)
    return "" if place.is_dir() else f"'{place}' is a file where a folder belongs"


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there, be it a file."""
    return next(place for place in (folder, *folder.absolute().parents) if os.path.lexists(place))


def write_atomic(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then rename it into place.

    A reader sees the old file or the new one, never a part; a crash leaves at most a ``.partial`` file behind. Who may
    read it is up to the umask alone, whatever ``write`` makes of it: safetensors' own files are their owner's only.

    Raises:
        NotWritten: in a sentence.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.touch()
            mode = temporary.stat().st_mode
            write(temporary)
            temporary.chmod(mode)
            with temporary.open("rb+") as handle:
                os.fsync(handle.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    write_atomic(path, lambda temporary: _fill(temporary, text))


def _fill(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically; NaN and infinity are refused, since they are never a result."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False, default=str) + "\n")


def read_json(path: Path) -> Any | None:
    """The parsed file, or None where it is missing, was never finished or is closed to this user."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (*UNREADABLE, json.JSONDecodeError, UnicodeDecodeError):
        return None


def append_line(path: Path, value: dict[str, Any], *, room: int = 0) -> None:
    """Append one JSON line to a file that no other process writes meanwhile.

    Args:
        room: so many blanks follow, into which later lines are written: a full disk then still takes them.

    Raises:
        NotWritten: in a sentence; what was torn is left out by whoever reads.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            size = os.fstat(handle).st_size
            tail = os.pread(handle, TAIL_BYTES, max(0, size - TAIL_BYTES))
            written = tail.rstrip(b" ")
            torn = b"" if written.endswith(b"\n") or not written else b"\n"
            line = torn + json.dumps(value, default=str).encode() + b"\n" + b" " * room
            if os.pwrite(handle, line, size - len(tail) + len(written)) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(handle)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """All whole JSON lines of a journal; a torn line is left out, and so is the room for further ones."""
    lines: list[dict[str, Any]] = []
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except UNREADABLE:
        return lines
    for line in text.splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return lines
