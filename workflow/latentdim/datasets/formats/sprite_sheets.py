"""The character sheets that the frames of SPRITES are composed from: where they lie, their cells, and laying them over.

25 of the sheets in github.com/YingzhenLi/Sprites are used, each of 13 × 21 cells of 64 pixels: one layer of a character
in all its poses. Each is checked against its digest.
"""

from __future__ import annotations

import io
import sys
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from latentdim.datasets.formats.checksums import Checksum
from latentdim.datasets.formats.local_copies import LocalOptions, Part, PublishedSet
from latentdim.datasets.formats.sources import quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 64
COMMIT = "3ce4048c5227802bd8f1888e293fd3afdba91c0c"
ORIGIN = "https://github.com/YingzhenLi/Sprites"
RAW = f"https://raw.githubusercontent.com/YingzhenLi/Sprites/{COMMIT}"
AT_ONCE = 32  # frames composed together: they stay in the processor's cache

# From the skin outwards. The md5 of each sheet, number 0 first; of the shoes only number 1 is used.
SHEETS = {
    "body": (
        "d547cf07ae69ba109a83e4d34f77b443", "6b78ee684c4d0b30f803f0098648b4e0", "03d1aba34b30e51e4ad038af9201798b",
        "d68ba25f7c05cbd2e15eabb19a465350", "e298011eb26ed986a70a4f42a3379711", "3e0655fe680c4b6517e9033ef607e1ff",
    ),
    "bottomwear": (
        "43698e0cba7957aeea2d44d45e5fa573", "160c898ed9f8fd7de233ead46f9429ea", "8268e44d01d45c352e2dd54d2358970f",
        "9ca04945f0bb61c8ab1edbdf488e59cd", "baf001714c6482613ef524bd0bb7d582", "3d99c262e2e195b0e693cad203afcc36",
    ),
    "topwear": (
        "5c2ad9526f7a0bafa5b1f673a1ffd557", "fae8e2b3d99ad4fbfaa62250e5f00f35", "cfc8613d2449da061e9d538e603276b5",
        "b3ccf7a9f58c44f3de1db5a9896213a0", "ca5fb15c1b4752c8c70fb9ea898c1fea", "17177f16beab28113ec1db22bc034fae",
    ),
    "hair": (
        "e417af070bed01ba2184e7ed82653168", "69d8a410746d459130eca4516e6fe282", "32ab0b5e07eaaf5679238664c279a67d",
        "d88420739746e744877f27ec56f3ef41", "b698e4b7721ed509c20e540211f4f4d5", "14c19858ee27d3660e5a42bcda33e60e",
    ),
    "shoes": ("", "780fac3241f33eba219da776c030432f"),
}  # fmt: skip

# Rows of the sheets that show a character from the front, from its left and from its right, and columns of the frames.
ACTIONS = {
    "walk": ((10, 9, 11), (8, 1, 2, 3, 4, 5, 6, 7)),
    "spellcard": ((2, 1, 3), (0, 1, 2, 3, 4, 5, 4, 6)),
    "slash": ((14, 13, 15), (0, 1, 2, 3, 4, 5, 4, 0)),
}
CELLS = (len(ACTIONS), 3, 8)


def published() -> PublishedSet:
    """Where the sheets may lie, and how they are downloaded."""
    parts = {name: Part((name,), note=str(checksum)) for name, checksum in _checksums().items()}
    return PublishedSet(
        title="SPRITES",
        parts=parts,
        layout="sprites_sheets",
        other_layouts=("Sprites", "Sprites-master"),
        loose_layouts=(".",),
        origin=f"{ORIGIN}, commit {COMMIT[:7]}",
        download=_download,
    )


def _checksums() -> dict[str, Checksum]:
    return {
        f"{layer}/{number}.png": Checksum("md5", md5)
        for layer, digests in SHEETS.items()
        for number, md5 in enumerate(digests)
        if md5
    }


def _download(scratch: Path) -> Path:
    names = list(_checksums())
    for place, name in enumerate(names, start=1):
        print(f"prepare  {quoted(name)}, sheet {place} of {len(names)}", file=sys.stderr)
        (scratch / name).parent.mkdir(exist_ok=True)
        try:
            with urllib.request.urlopen(f"{RAW}/{name}") as answer:
                (scratch / name).write_bytes(answer.read())
        except (OSError, HTTPException) as error:  # cut off, it is an HTTPException
            raise OSError(f"{quoted(name)}: {error or type(error).__name__}") from error
    return scratch


@dataclass(frozen=True)
class Layer:
    """The cells of one layer that are used, of each of its sheets.

    Attributes:
        paint: colour times opacity (0 … 255), ``(sheets, 72, 3, 64, 64)``.
        shows: 255 − opacity: how much of what lies below shows, ``(sheets, 72, 1, 64, 64)``.
    """

    paint: NDArray[np.uint16]
    shows: NDArray[np.uint16]

    def over(self, below: NDArray[np.uint16], sheet: NDArray[np.int64], cell: NDArray[np.int64]) -> None:
        """Lay cells ``(N,)`` of the sheets ``(N,)`` over opaque frames ``(N, 3, 64, 64)``, in place.

        Quotients by 255 are rounded to the nearest, as Pillow does it.
        """
        below *= self.shows[sheet, cell]
        below += self.paint[sheet, cell]
        below += 128
        below += below >> 8
        below >>= 8


@dataclass(frozen=True)
class Wardrobe:
    """All layers, from the skin outwards; the last has one sheet."""

    layers: tuple[Layer, ...]

    @classmethod
    def opened(cls, options: LocalOptions) -> Wardrobe:
        """The sheets, each verified before it is decoded.

        Raises:
            DataRefused: naming the sheet that isn't as published, or what to put where if the download fails.
        """
        files = published().have(options)
        checksums = _checksums()
        contents = {name: checksums[name].content(file) for name, file in files.items()}
        cells = {name: _cells(content) for name, content in contents.items()}
        stacks = (np.stack([cells[name] for name in cells if name.startswith(f"{layer}/")]) for layer in SHEETS)
        return cls(tuple(Layer(each[:, :, :3] * each[:, :, 3:], 255 - each[:, :, 3:]) for each in stacks))

    def frames(self, levels: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Frames ``(N, 3, 64, 64)`` over black.

        Args:
            levels: ``(N, 7)``: sheets of body, bottomwear, topwear and hair, action, direction, frame.
        """
        cell = np.ravel_multi_index(tuple(levels[:, 4:].T), CELLS)
        sheets = np.pad(levels[:, :4], ((0, 0), (0, 1)))
        frames = np.empty((len(levels), 3, SIDE, SIDE), dtype=np.uint8)
        for start in range(0, len(levels), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            canvas = np.zeros(frames[some].shape, dtype=np.uint16)
            for layer, sheet in zip(self.layers, sheets[some].T, strict=True):
                layer.over(canvas, sheet, cell[some])
            frames[some] = canvas
        return frames


def _cells(content: bytes) -> NDArray[np.uint16]:
    """The cells of a sheet that are used, ``(72, 4, 64, 64)``: action by action, direction by direction."""
    from PIL import Image

    with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
        pixels = np.asarray(image.convert("RGBA"))
    grid = pixels.reshape(len(pixels) // SIDE, SIDE, -1, SIDE, 4).transpose(0, 2, 4, 1, 3)
    places = [(row, column) for rows, columns in ACTIONS.values() for row in rows for column in columns]
    return grid[tuple(np.array(places).T)].astype(np.uint16)
