"""What an image file's header says: pages, size as shown, depth, colours. Nothing is decoded.

A picture is what a viewer shows. What can't be stored as such in 8 bits a channel is told here, so that no value is
dropped without a word: Pillow itself reads PNGs, TIFFs and PPMs of 16 bits a channel in colour by their high bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from latentdim.datasets.formats.pictures import opened
from latentdim.datasets.formats.sources import quoted

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = (
    ".apng", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff",
    ".webp",
)  # fmt: skip
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
ORIENTATION = 0x0112  # the EXIF tag
TURNED = range(5, 9)  # its values that exchange width and height
# TIFF tags (TIFF 6.0, section 8 and page 37).
WIDTH, LENGTH, BITS_PER_SAMPLE, NEW_SUBFILE_TYPE, SAMPLE_FORMAT = 256, 257, 258, 254, 339
NO_PAGE = 0b101  # bits of NewSubfileType: a smaller copy of another page, a mask of another page
UNSIGNED, FLOATS, UNDEFINED = 1, 3, 4  # values of SampleFormat
PNG_START, PNG_DEPTH = 8, 24  # places of the first chunk, and of the depth with the colours' kind behind it
PNG_COLOURS = {0: "grey", 2: "RGB", 3: "of a palette", 4: "grey with transparency", 6: "RGB with transparency"}
PNG_REMARKS = {b"eXIf", b"iTXt", b"tEXt", b"zTXt"}  # chunks that may hold an orientation
WHAT_FITS = (
    "pictures are kept in 8 bits of grey or RGB: convert it, or give its values as an array of floats in [0, 1] "
    "(kind npy, npz or hdf5)"
)
COLOURS = {
    "1": "black and white", "L": "grey", "LA": "grey", "La": "grey", "P": "of a palette", "PA": "of a palette",
    "RGB": "RGB", "RGBA": "RGB", "RGBa": "RGB", "RGBX": "RGB", "CMYK": "CMYK", "YCbCr": "YCbCr",
}  # fmt: skip


@dataclass(frozen=True)
class Page:
    """One picture of a file.

    Attributes:
        position: of its frame in the file.
        width: in pixels, as shown.
        height: in pixels, as shown.
        colours: how its colours are written, in words.
        transparent: it has a channel, or a palette's colour, that may be transparent.
        turned: its camera noted that it is to be turned or mirrored.
        profile: it carries a colour profile, which isn't sRGB's; it isn't applied.
        unusable: what it holds that can't be stored in 8 bits a channel; empty where all can.
    """

    position: int
    width: int
    height: int
    colours: str
    transparent: bool = False
    turned: bool = False
    profile: bool = False
    unusable: str = field(default="", compare=False)


def pages_of(path: Path) -> tuple[Page, ...]:
    """The pages of a TIFF, the frames of an animation, or the one picture that a file holds.

    Smaller copies and masks within a TIFF are no pages, nor are further pictures behind a JPEG (gain maps, previews),
    nor the stand-in that an animated PNG has for viewers of still pictures.

    Raises:
        PictureRefused: if the header can't be read.
    """
    with opened(path, quoted(path), FORMATS) as image:
        if image.format == "TIFF":
            return tuple(_tiff_pages(image))
        first = int(bool(image.info.get("default_image"))) if image.format == "PNG" else 0
        frames = getattr(image, "n_frames", 1) if image.format in {"GIF", "PNG", "WEBP"} else 1
        page = _page(image)
        return tuple(replace(page, position=position) for position in range(first, frames))


def _tiff_pages(image: Any) -> list[Page]:
    pages: list[Page] = []
    for position in range(image.n_frames):
        image.seek(position)
        if not pages or not image.tag_v2.get(NEW_SUBFILE_TYPE, 0) & NO_PAGE:
            pages.append(_page(image))
    return pages


def _page(image: Image) -> Page:
    """The frame at which the image stands."""
    unusable = _unusable(image)  # first: asking some PNGs for their orientation closes them
    orientation = _orientation(image)
    width, height = image.size
    if image.format == "TIFF":  # whose size Pillow exchanges itself, in some versions
        tags: Any = image.tag_v2  # type: ignore[attr-defined]
        width, height = tags[WIDTH], tags[LENGTH]
    if orientation in TURNED:
        width, height = height, width
    return Page(
        position=image.tell(),
        width=width,
        height=height,
        colours=COLOURS.get(image.mode, image.mode),
        transparent=image.has_transparency_data,
        turned=orientation in range(2, 9),
        profile=_other_profile(image.info.get("icc_profile")),
        unusable=unusable,
    )


def _orientation(image: Image) -> int:
    """How the picture is to be turned. Pillow decodes a PNG for that, which is only needed for remarks at its end."""
    from PIL.Image import Image

    early = image.format == "PNG" and not _remarks_at_end(image.fp)  # type: ignore[attr-defined]
    exif = Image.getexif(image) if early else image.getexif()
    return int(exif.get(ORIENTATION, 1))


def _remarks_at_end(handle: IO[bytes]) -> bool:
    """Whether a PNG has remarks behind its pixels, where its reader sees them only once these are decoded."""
    place, behind, kind = PNG_START, False, b""
    before = handle.tell()
    while kind not in PNG_REMARKS or not behind:
        handle.seek(place)
        start = handle.read(8)
        if len(start) < 8:
            break
        kind, behind = start[4:], behind or kind == b"IDAT"
        place += int.from_bytes(start[:4], "big") + 12
    handle.seek(before)
    return behind and kind in PNG_REMARKS


def _other_profile(profile: bytes | None) -> bool:
    """Whether a colour profile is there that doesn't name itself sRGB, in ASCII or in UTF-16."""
    return bool(profile) and not any("sRGB".encode(coding) in profile for coding in ("ascii", "utf-16-be"))  # type: ignore[operator]


def _unusable(image: Image) -> str:
    """What a frame holds that doesn't fit bytes, in words; empty where it does."""
    bits, number = 8, ""
    colours = {"I": "grey", "F": "grey"}.get(image.mode[0], COLOURS.get(image.mode, ""))
    if image.format == "TIFF":
        tags: Any = image.tag_v2  # type: ignore[attr-defined]
        bits = max(tags.get(BITS_PER_SAMPLE, (1,)))
        formats = set(tags.get(SAMPLE_FORMAT, (UNSIGNED,)))
        number = "" if formats <= {UNSIGNED, UNDEFINED} else "floats" if formats == {FLOATS} else "signed integers"
    elif image.format == "PNG":
        bits, colours = _png_depth(image.fp)  # type: ignore[attr-defined]
    elif image.format == "PPM":
        arguments: Any = image.tile[0][3]  # type: ignore[attr-defined]
        largest = arguments[1] if isinstance(arguments, tuple) else 0
        bits = 16 if largest > 255 else 8
    if image.mode.startswith("F"):
        bits, number = 32, "floats"
    elif image.mode.startswith("I"):
        bits = max(bits, 16)
    if bits > 8 or number:
        return f"holds {bits} bits a channel ({', '.join(filter(None, [colours, number]))})"
    return "" if colours else f"holds colours of the kind {image.mode}"


def _png_depth(handle: IO[bytes]) -> tuple[int, str]:
    """Bits a channel, and the kind of colours (PNG, section 11.2.1)."""
    before = handle.tell()
    handle.seek(PNG_DEPTH)
    depth, kind = handle.read(2)
    handle.seek(before)
    return depth, PNG_COLOURS[kind]
