"""One image file: its size from the header, and its pixels as bytes."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from latentdim.datasets.sources import quoted
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

ENDINGS = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
FORMATS = ("BMP", "JPEG", "PNG", "TIFF", "WEBP")
ORIENTATION = 0x0112  # the EXIF tag
TURNED = range(5, 9)  # its values that exchange width and height
# What Pillow's readers raise on damaged files.
DAMAGE = (
    OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
    MemoryError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip


@contextmanager
def _opened(source: Path | IO[bytes], title: str, formats: tuple[str, ...] = FORMATS) -> Iterator[Image]:
    """An image whose pixels aren't decoded yet.

    Raises:
        DataRefused: if the file can't be read, here or within the block.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(source, formats=formats) as image:
            yield image
    except UnidentifiedImageError as error:
        raise DataRefused(f"{title}: isn't a readable image ({', '.join(formats)})") from error
    except (*DAMAGE, Image.DecompressionBombError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataRefused(f"{title}: can't be decoded ({reason})") from error


def size_of(path: Path) -> tuple[int, int]:
    """Height and width of an image as it is shown, in pixels; only the header is read.

    Raises:
        DataRefused: if the header can't be read.
    """
    with _opened(path, quoted(path)) as image:
        turned = image.getexif().get(ORIENTATION) in TURNED
        return image.size if turned else (image.height, image.width)


def pixels_of(path: Path, *, channels: int, crop_to: int | None) -> NDArray[np.uint8]:
    """An image as bytes ``(channels, height, width)``.

    Args:
        channels: 1 (grey, by ITU-R 601) or 3 (RGB).
        crop_to: crop to the central square and resize to this side; None leaves the image as large as it is.

    Raises:
        DataRefused: if the image can't be read, or has more than 8 bits a channel.
    """
    from PIL import Image, ImageOps

    with _opened(path, quoted(path)) as image:
        if image.mode.startswith(("I", "F")):
            raise DataRefused(f"{quoted(path)}: has more than 8 bits a channel (mode {image.mode}); convert it to 8")
        shown = ImageOps.exif_transpose(image)
        if shown.has_transparency_data:
            shown = Image.alpha_composite(Image.new("RGBA", shown.size, "black"), shown.convert("RGBA"))
        shown = shown.convert("L" if channels == 1 else "RGB")
        if crop_to is not None and shown.size != (crop_to, crop_to):
            # Cropped first: a resize's own `box` would let pixels outside of it bleed in at the borders.
            shown = shown.crop(_central_square(shown)).resize((crop_to, crop_to), Image.Resampling.BICUBIC)
        values = np.asarray(shown)
    return values[None] if channels == 1 else values.transpose(2, 0, 1)


def jpeg_of(content: bytes, title: str, *, width: int, height: int) -> Image:
    """A published set's picture: RGB of a known size, decoded.

    Args:
        title: what the sentence calls it.

    Raises:
        DataRefused: if it isn't a whole JPEG of that size and of three channels.
    """
    with _opened(io.BytesIO(content), title, ("JPEG",)) as image:
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
