"""Files of which the publisher's checksum is known: what is checked is what is read, whole or as a stream."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from latentdim.datasets.sources import quoted
from latentdim.problems import DataRefused

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
        with self.opened(path) as handle:
            content = handle.read()
        self.verify(content, path)
        return content

    def verify(self, content: bytes, path: Path) -> None:
        """Whether bytes that were read from ``path`` are the published ones.

        Raises:
            DataRefused: if not.
        """
        self._compare(hashlib.new(self.algorithm, content, usedforsecurity=False).hexdigest(), path)

    @contextmanager
    def opened(self, path: Path) -> Iterator[IO[bytes]]:
        """The file, verified from beginning to end in pieces, then opened at its beginning. It may have several GB.

        What is read afterwards comes from the very file that was checked, even if another takes its name.

        Raises:
            DataRefused: if the file isn't the published one, or can't be read, here or within the block.
        """
        try:
            with path.open("rb") as handle:
                found = os.fstat(handle.fileno()).st_size
                if self.size not in (None, found):
                    raise DataRefused(f"{quoted(path)}: expected {self.size:,} bytes, found {found:,}")
                if found >= LONG_BYTES:
                    print(f"prepare  checking {quoted(path)} ({found / 1e9:.1f} GB)", file=sys.stderr)
                self._compare(self._digest_of(handle), path)
                handle.seek(0)
                yield handle
        except OSError as error:
            raise DataRefused(f"{quoted(path)}: can't be read ({error.strerror or error})") from error

    def _digest_of(self, handle: IO[bytes]) -> str:
        total = hashlib.new(self.algorithm, usedforsecurity=False)
        while piece := handle.read(CHUNK_BYTES):
            total.update(piece)
        return total.hexdigest()

    def _compare(self, digest: str, path: Path) -> None:
        if digest != self.digest:
            raise DataRefused(f"{quoted(path)}: expected content with {self.algorithm} {self.digest}, found {digest}")
