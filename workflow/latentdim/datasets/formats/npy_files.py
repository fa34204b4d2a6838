"""npy and npz files known by their headers, and read only once they are found whole. Pickles are never loaded."""

from __future__ import annotations

import errno
import math
import shutil
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from latentdim.datasets.formats.sources import quoted
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

COPY_BYTES = 1 << 20
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
# What zipfile, zlib and numpy raise on damaged bytes.
DAMAGE = (
    ValueError, OSError, EOFError, KeyError, NotImplementedError, RuntimeError, OverflowError, struct.error,
    zipfile.BadZipFile, zlib.error, tokenize.TokenError, SyntaxError, TypeError, MemoryError,
)  # fmt: skip


@dataclass(frozen=True)
class Stored:
    """An array in a file, known by its header.

    Attributes:
        key: the array's name inside an npz file; None for npy.
        start: bytes of the npy header.
        size: bytes of the whole npy content, as the file system or the archive says.
    """

    file: Path
    key: str | None
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int
    size: int

    @property
    def title(self) -> str:
        """For sentences: the file, and the key in it."""
        return quoted(self.file) + (f", array {quoted(self.key)}" if self.key is not None else "")

    @property
    def expected_size(self) -> int:
        """Bytes that the npy content must have, by its header."""
        return self.start + math.prod(self.shape) * self.dtype.itemsize

    def unpack(self, target: Path) -> None:
        """Copy an array out of its archive; reading to the end checks the archive's checksum."""
        with zipfile.ZipFile(self.file) as archive, archive.open(f"{self.key}.npy") as source, target.open("wb") as out:
            shutil.copyfileobj(source, out, COPY_BYTES)


def npy_header(file: Path) -> Stored:
    """What an npy file's header says.

    Raises:
        DataRefused: if it isn't one, or holds Python objects.
    """
    try:
        with file.open("rb") as handle:
            return _stored(file, None, handle, file.stat().st_size)
    except DAMAGE as error:
        raise DataRefused(f"{quoted(file)}: can't be read as an npy file ({reason_of(error)})") from error


def npz_names(file: Path) -> list[str]:
    """The names of the arrays in an npz file.

    Raises:
        DataRefused: if it isn't one, or is cut off (its directory stands at the end).
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    except DAMAGE as error:
        raise DataRefused(f"{quoted(file)}: can't be read as an npz file ({reason_of(error)})") from error


def npz_header(file: Path, key: str) -> Stored:
    """What the header of one array in an npz file says. The others aren't looked at, so they may hold anything.

    Raises:
        DataRefused: if the file isn't an npz file, has no such array, or the array holds Python objects.
    """
    try:
        with zipfile.ZipFile(file) as archive, archive.open(f"{key}.npy") as handle:
            return _stored(file, key, handle, archive.getinfo(f"{key}.npy").file_size)
    except DAMAGE as error:
        raise DataRefused(f"{quoted(file)}: can't be read as an npz file ({reason_of(error)})") from error


def _stored(file: Path, key: str | None, handle: IO[bytes], size: int) -> Stored:
    version = np.lib.format.read_magic(handle)
    if version not in HEADERS:
        raise ValueError(f"its format version is {version[0]}.{version[1]}, not 1.0 or 2.0")
    shape, _, dtype = HEADERS[version](handle)
    stored = Stored(file, key, shape, dtype, handle.tell(), size)
    if dtype.hasobject:
        raise DataRefused(
            f"{stored.title}: holds Python objects, which are never unpickled; save a plain array of numbers"
        )
    return stored


@contextmanager
def mapped(stored: Stored, scratch: Path) -> Iterator[NDArray[Any]]:
    """The array, memory-mapped; one in an archive is first unpacked into ``scratch``, for the length of the block.

    Raises:
        DataRefused: if the file is cut off, longer than its header says, or damaged (checksum in the archive).
    """
    if stored.size != stored.expected_size:
        raise DataRefused(
            f"{stored.title}: expected {stored.expected_size:,} bytes by its header "
            f"(shape {stored.shape}, {stored.dtype}), found {stored.size:,}"
        )
    unpacked = scratch / "unpacked.npy"
    try:
        try:
            if stored.key is not None:
                stored.unpack(unpacked)
            array = np.load(stored.file if stored.key is None else unpacked, mmap_mode="r", allow_pickle=False)
        except DAMAGE as error:
            if no_room(error):
                raise
            raise DataRefused(f"{stored.title}: can't be read ({reason_of(error)})") from error
        if array.shape != stored.shape or array.dtype != stored.dtype:
            raise DataRefused(f"{stored.title}: changed while it was being prepared")
        yield array
    finally:
        unpacked.unlink(missing_ok=True)


def no_room(error: BaseException) -> bool:
    """Whether writing failed because the disk is full; nothing is wrong with what was read then."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def reason_of(error: BaseException) -> str:
    """What an error says, on one line."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())[:200] or type(error).__name__
