"""MNIST in its raw layout, which both torchvision's data set and the engine's tensor are made from.

The real images where LATENTDIM_DATA or `data/` has them, else random bytes of the same shape: the arithmetic takes as
long.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from latentdim.datasets.mnist import FILES, LAYOUT, MnistOptions, find

if TYPE_CHECKING:
    from numpy.typing import NDArray

GZIP_START = b"\x1f\x8b"


@dataclass(frozen=True)
class Images:
    """A folder that torchvision reads, and what it holds: MNIST itself, or random bytes in its layout."""

    root: Path
    real: bool

    @property
    def source(self) -> str:
        """What it holds, in words."""
        return "MNIST" if self.real else "random bytes in MNIST's layout"

    def array(self) -> NDArray[np.uint8]:
        """The training images, ``(N, 28, 28)``."""
        content = (self.root / LAYOUT / FILES["train"].name).read_bytes()
        count = int.from_bytes(content[4:8], "big")
        return np.frombuffer(content, dtype=np.uint8, offset=16).reshape(count, 28, 28)


def lay_out(root: Path, *, count: int = 60_000) -> Images:
    """Write the four files below ``root``: MNIST's first ``count`` training images, or as many generated ones."""
    folder = root / LAYOUT
    folder.mkdir(parents=True)
    found = find(MnistOptions())
    generator = np.random.default_rng(0)
    for name, expected in FILES.items():
        if found:
            content = found[name].read_bytes()
            content = gzip.decompress(content) if content.startswith(GZIP_START) else content
            values = np.frombuffer(content, dtype=np.uint8, offset=len(expected.header)).reshape(expected.shape)
        else:
            top = 10 if name.endswith("labels") else 256
            values = generator.integers(0, top, size=expected.shape, dtype=np.uint8)
        values = values[:count]
        magic = 2048 + values.ndim
        header = np.array([magic, *values.shape], dtype=">u4").tobytes()
        (folder / expected.name).write_bytes(header + values.tobytes())
    return Images(root, bool(found))
