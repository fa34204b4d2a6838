"""One image file: opening it, and the pixels of its pages as a viewer shows them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from latentdim.datasets.formats.picture_refusals import PictureRefused
from latentdim.datasets.formats.sources import leads_nowhere, quoted
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

# What Pillow's readers raise on damaged files.
DAMAGE = (
    OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
    MemoryError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip


@contextmanager
def opened(source: Path | IO[bytes], title: str, formats: tuple[str, ...]) -> Iterator[Image]:
    """An image whose pixels aren't decoded yet.

    A path is opened here: Pillow maps a file that it opens itself, and then turns an uncompressed TIFF twice.

    Raises:
        PictureRefused: if the file can't be read, here or within the block.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        file = source.open("rb") if isinstance(source, Path) else nullcontext(source)
        with file as handle, Image.open(handle, formats=formats) as image:
            yield image
    except UnidentifiedImageError as error:
        if isinstance(source, Path) and source.stat().st_size == 0:
            raise PictureRefused(title, "is empty") from error
        raise PictureRefused(title, "isn't a readable image", ", ".join(formats)) from error
    except (*DAMAGE, Image.DecompressionBombError) as error:
        if isinstance(source, Path) and leads_nowhere(source):
            raise PictureRefused(title, "is a broken link", f"to {quoted(source.readlink())}") from error
        if isinstance(error, OSError) and error.strerror and error.filename:  # the system's, no reader's
            raise PictureRefused(title, "can't be opened", error.strerror) from error
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PictureRefused(title, "can't be decoded", reason) from error


def pixels_of(
    path: Path, positions: Iterable[int], *, formats: tuple[str, ...], channels: int, side: int | None, background: str
) -> Iterator[NDArray[np.uint8]]:
    """The pages of a file, each as bytes ``(channels, height, width)``.

    Args:
        positions: of the pages in the file, rising.
        channels: 1 (grey, by ITU-R 601) or 3 (RGB).
        side: crop to the central square and resize to this side; None leaves a picture as large as it is.
        background: what is seen through transparent pixels, as a colour's name or ``#rrggbb``.

    Raises:
        PictureRefused: if the file can't be decoded.
    """
    with opened(path, quoted(path), formats) as image:
        for position in positions:
            image.seek(position)
            yield _shown(image, channels=channels, side=side, background=background)


def _shown(image: Image, *, channels: int, side: int | None, background: str) -> NDArray[np.uint8]:
    from PIL import Image, ImageOps

    shown = ImageOps.exif_transpose(image)
    if shown.has_transparency_data:
        shown = Image.alpha_composite(Image.new("RGBA", shown.size, background), shown.convert("RGBA"))
    shown = shown.convert("L" if channels == 1 else "RGB")
    if side is not None and shown.size != (side, side):
        # Cropped first: a resize's own `box` would let pixels outside of it bleed in at the borders.
        shown = shown.crop(_central_square(shown)).resize((side, side), Image.Resampling.BICUBIC)
    values = np.asarray(shown)
    return values[None] if channels == 1 else values.transpose(2, 0, 1)


def jpeg_of(content: bytes, title: str, *, width: int, height: int) -> Image:
    """A published set's picture: RGB of a known size, decoded.

    Args:
        title: what the sentence calls it.

    Raises:
        DataRefused: if it isn't a whole JPEG of that size and of three channels.
    """
    with opened(io.BytesIO(content), title, ("JPEG",)) as image:
        if image.size != (width, height) or image.mode != "RGB":
            raise DataRefused(
                f"{title}: expected {width}×{height} pixels (width × height) in RGB, found "
                f"{image.width}×{image.height} in {image.mode}"
            )
        image.load()
        return image.copy()


def _central_square(image: Image) -> tuple[int, int, int, int]:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return left, top, left + side, top + side
