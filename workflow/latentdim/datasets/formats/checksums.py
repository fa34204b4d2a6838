"""Files of which the publisher's checksum is known: what is checked is what is read, whole or as a stream."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from latentdim.datasets.formats.sources import quoted
from latentdim.system.problems import DataRefused

CHUNK_BYTES = 1 << 20
LONG_BYTES = 1 << 30  # checking this much takes seconds, on a network drive minutes: say so


@dataclass(frozen=True)
class Checksum:
    """What a published file's bytes must amount to.

    Attributes:
        size: in bytes, where it is known.
    """

    algorithm: Literal["md5", "sha256"]
    digest: str
    size: int | None = None

    def __str__(self) -> str:
        size = f"{self.size:,} bytes, " if self.size is not None else ""
        return f"{size}{self.algorithm} {self.digest}"

    def content(self, path: Path) -> bytes:
        """A small file's bytes, verified.

        Raises:
            DataRefused: naming the file, what was expected and what was found.
        """
        with _readable(path):
            content = path.read_bytes()
        self.verify(content, path)
        return content

    def verify(self, content: bytes, title: str | Path) -> None:
        """Whether bytes that were read are the published ones.

        Args:
            title: for the sentence: the file, or what in it.

        Raises:
            DataRefused: if not.
        """
        self._compare(len(content), hashlib.new(self.algorithm, content, usedforsecurity=False).hexdigest(), title)

    @contextmanager
    def opened(self, path: Path) -> Iterator[IO[bytes]]:
        """The file, verified from beginning to end in pieces, then opened at its beginning. It may have several GB.

        What is read afterwards comes from the very file that was checked, even if another takes its name.

        Raises:
            DataRefused: if the file isn't the published one, or can't be read.
        """
        with ExitStack() as stack:
            with _readable(path):
                handle = stack.enter_context(path.open("rb"))
                size = os.fstat(handle.fileno()).st_size
                if size >= LONG_BYTES:
                    print(f"prepare  checking {quoted(path)} ({size / 1e9:.1f} GB)", file=sys.stderr)
                self._compare(size, self._digest_of(handle) if self.size in (None, size) else "", path)
                handle.seek(0)
            yield handle

    def _digest_of(self, handle: IO[bytes]) -> str:
        total = hashlib.new(self.algorithm, usedforsecurity=False)
        while piece := handle.read(CHUNK_BYTES):
            total.update(piece)
        return total.hexdigest()

    def _compare(self, size: int, digest: str, title: str | Path) -> None:
        start = quoted(title) if isinstance(title, Path) else title
        if self.size not in (None, size):
            raise DataRefused(f"{start}: expected {self.size:,} bytes, found {size:,}")
        if digest != self.digest:
            raise DataRefused(f"{start}: expected content with {self.algorithm} {self.digest}, found {digest}")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataRefused(f"{quoted(path)}: can't be read ({error.strerror or error})") from error
