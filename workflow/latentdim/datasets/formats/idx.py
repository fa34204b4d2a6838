"""Reading idx files (the format of MNIST), plain or gzipped, and trusting nothing they say of themselves.

An idx file is a big-endian header of 32-bit numbers (magic, then each dimension) followed by one byte a value. The
magic is 2048 + the number of dimensions where values are bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from latentdim.datasets.formats.sources import quoted
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

GZIP_START = b"\x1f\x8b"
BYTES = 2048


@dataclass(frozen=True)
class Expected:
    """What an idx file of bytes must hold.

    Attributes:
        name: of the plain file; ``.gz`` may follow.
        shape: count first.
        md5: of the uncompressed file, header included. Compressed files differ from one compression to the next.
        packed_md5: of the publisher's own gzip file, for a set whose ``md5`` isn't known (it is then empty): a gzipped
            file must be that very one, and of a plain file only header and length can be checked.
    """

    name: str
    shape: tuple[int, ...]
    md5: str = ""
    packed_md5: str = ""

    @property
    def header(self) -> bytes:
        """The file's first bytes."""
        return np.array([BYTES + len(self.shape), *self.shape], dtype=">u4").tobytes()

    @property
    def size(self) -> int:
        """Bytes of the uncompressed file."""
        return len(self.header) + math.prod(self.shape)


def read_idx(path: Path, expected: Expected) -> NDArray[np.uint8]:
    """The values of an idx file, of the expected shape.

    Raises:
        DataRefused: naming the file, what was expected and what was found.
    """
    content, packed_md5 = _content(path, limit=expected.size + 1)
    if not content.startswith(expected.header):
        raise DataRefused(
            f"{quoted(path)}: expected {_meaning(expected.header)} at its start, found {_meaning(content[:16])}"
        )
    if len(content) != expected.size:
        found = f"{len(content):,}" if len(content) < expected.size else "more"
        raise DataRefused(f"{quoted(path)}: expected {expected.size:,} bytes (uncompressed), found {found}")
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if expected.md5 and digest != expected.md5:
        raise DataRefused(f"{quoted(path)}: expected content with md5 {expected.md5} (uncompressed), found {digest}")
    if not expected.md5 and packed_md5 and packed_md5 != expected.packed_md5:
        raise DataRefused(
            f"{quoted(path)}: expected the published gzip file with md5 {expected.packed_md5}, found {packed_md5}"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=len(expected.header)).reshape(expected.shape)


def is_packed(path: Path) -> bool:
    """Whether a file that could be read is gzipped. Its first bytes tell, not its name: browsers unpack unasked."""
    with path.open("rb") as handle:
        return handle.read(2) == GZIP_START


def _content(path: Path, *, limit: int) -> tuple[bytes, str]:
    """At most ``limit`` uncompressed bytes, and the md5 of the packed file, empty for a plain one."""
    try:
        packed = is_packed(path)
        with path.open("rb") as handle:
            if not packed:
                return handle.read(limit), ""
            digest = hashlib.file_digest(handle, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
            handle.seek(0)
            return gzip.GzipFile(fileobj=handle).read(limit), digest
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataRefused(f"{quoted(path)}: not a whole gzip file ({_sentence(error)})") from error
    except OSError as error:
        raise DataRefused(f"{quoted(path)}: can't be read ({error.strerror or error})") from error


def _sentence(error: Exception) -> str:
    return "it is cut off" if isinstance(error, EOFError) else str(error)


def _meaning(start: bytes) -> str:
    """An idx header in words."""
    numbers = np.frombuffer(start[: len(start) // 4 * 4], dtype=">u4").tolist()
    rank = numbers[0] - BYTES if numbers else 0
    if not 1 <= rank <= 3:
        return f"no idx header (bytes {start[:4].hex(' ')})" if start else "nothing"
    return f"magic {numbers[0]} and sizes {' × '.join(f'{size:,}' for size in numbers[1 : rank + 1])}"
