"""A picture is what a viewer shows: size, orientation, depth, pages, told by the header before anything is decoded."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from latentdim.datasets.formats.picture_headers import FORMATS, pages_of
from latentdim.datasets.formats.pictures import pixels_of


def shown(path, *, channels=3, position=0, background="black"):
    (pixels,) = pixels_of(Path(path), [position], formats=FORMATS, channels=channels, side=None, background=background)
    return pixels


def png16(path, values):
    """A PNG of 16 bits a channel: grey, grey with alpha, RGB or RGBA by the number of channels."""
    height, width, channels = values.shape

    def chunk(tag, body):
        return struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))

    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def tiff(path, *, bits, sample_format=1, samples=1, photometric=1):
    """A TIFF of one row of two pixels, written field by field (TIFF 6.0, section 2)."""
    values = bytes(2 * samples * bits // 8)
    body = bytearray(b"II*\0\0\0\0\0" + values)
    entries = []

    def field(tag, *numbers):
        if len(numbers) > 2:
            place = len(body)
            body.extend(struct.pack(f"<{len(numbers)}H", *numbers))
            entries.append(struct.pack("<HHII", tag, 3, len(numbers), place))
        else:
            entries.append(struct.pack("<HHI", tag, 3, len(numbers)) + struct.pack("<2H", *[*numbers, 0][:2]))

    def of_each(number):
        return [number] * samples

    field(256, 2), field(257, 1), field(258, *of_each(bits)), field(259, 1), field(262, photometric), field(273, 8)
    field(277, samples), field(278, 1), field(279, len(values)), field(339, *of_each(sample_format))
    body[4:8] = struct.pack("<I", len(body))
    path.write_bytes(bytes(body) + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4))


@pytest.mark.parametrize(
    ("channels", "colours"), [(1, "grey"), (2, "grey with transparency"), (3, "RGB"), (4, "RGB with transparency")]
)
def test_a_png_of_sixteen_bits_is_told_by_its_header(tmp_path, channels, colours):
    png16(tmp_path / "x.png", np.full((4, 6, channels), 4000))
    assert pages_of(tmp_path / "x.png")[0].unusable == f"holds 16 bits a channel ({colours})"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"bits": 16}, "holds 16 bits a channel (grey)"),
        ({"bits": 16, "samples": 3, "photometric": 2}, "holds 16 bits a channel (RGB)"),
        ({"bits": 16, "samples": 4, "photometric": 5}, "holds 16 bits a channel (CMYK)"),
        ({"bits": 32, "sample_format": 3}, "holds 32 bits a channel (grey, floats)"),
        ({"bits": 32}, "holds 32 bits a channel (grey)"),
        ({"bits": 16, "sample_format": 2}, "holds 16 bits a channel (grey, signed integers)"),
        ({"bits": 8, "sample_format": 2}, "holds 8 bits a channel (grey, signed integers)"),
        ({"bits": 8, "samples": 3, "photometric": 8}, "holds colours of the kind LAB"),
        ({"bits": 8}, ""),
        ({"bits": 8, "samples": 3, "photometric": 2}, ""),
    ],
)
def test_a_tiff_of_other_numbers_is_told_by_its_header(tmp_path, fields, told):
    tiff(tmp_path / "x.tif", **fields)
    assert pages_of(tmp_path / "x.tif")[0].unusable == told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"P6 2 1 65535 " + bytes(12), "holds 16 bits a channel (RGB)"),
        (b"P5 2 1 4095 " + bytes(4), "holds 16 bits a channel (grey)"),
        (b"P3 2 1 1000 0 0 0 0 0 1000", "holds 16 bits a channel (RGB)"),
        (b"P6 2 1 255 " + bytes(6), ""),
        (b"P5 2 1 15 " + bytes(2), ""),
        (b"P4 2 1 " + bytes(1), ""),
    ],
)
def test_a_ppm_of_more_than_a_byte_is_told_by_its_header(tmp_path, content, told):
    (tmp_path / "x.ppm").write_bytes(content)
    assert pages_of(tmp_path / "x.ppm")[0].unusable == told


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp"])
def test_the_cameras_orientation_is_applied_and_told(tmp_path, picture, ending, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"x.{ending}"
    options = {"quality": 100} if ending == "jpg" else {"lossless": True} if ending == "webp" else {}
    values = picture(path, mode="L", exif=exif, **options)
    expected = {
        1: values, 2: values[:, ::-1], 3: values[::-1, ::-1], 4: values[::-1], 5: values.T, 6: np.rot90(values, -1),
        7: values[::-1, ::-1].T, 8: np.rot90(values),
    }[orientation]  # fmt: skip
    (page,) = pages_of(path)
    assert (page.height, page.width, page.turned) == (*expected.shape, orientation != 1)
    assert np.abs(shown(path, channels=1)[0].astype(int) - expected).max() <= (2 if ending == "jpg" else 0)


def test_an_orientation_noted_behind_the_pixels_counts(tmp_path, picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(tmp_path / "x.png", mode="L", exif=exif)
    content = (tmp_path / "x.png").read_bytes()
    start = content.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    (tmp_path / "x.png").write_bytes(content[:start] + content[end:-12] + content[start:end] + content[-12:])
    (page,) = pages_of(tmp_path / "x.png")
    assert (page.width, page.height, page.turned) == (4, 6, True)
    assert shown(tmp_path / "x.png", channels=1).shape == (1, 6, 4)


@pytest.mark.parametrize(("ending", "options"), [("tif", {}), ("gif", {}), ("webp", {"lossless": True}), ("png", {})])
def test_pages_and_frames_are_counted_and_read_as_shown(tmp_path, pages, ending, options):
    values = pages(tmp_path / f"x.{ending}", 5, **options)
    headers = pages_of(tmp_path / f"x.{ending}")
    assert [page.position for page in headers] == [0, 1, 2, 3, 4]
    for page, expected in zip(headers, values, strict=True):
        np.testing.assert_array_equal(shown(tmp_path / f"x.{ending}", channels=1, position=page.position)[0], expected)


def test_frames_that_hold_a_difference_are_shown_whole(tmp_path):
    first = Image.new("L", (6, 4), 10)
    second = first.copy()
    second.putpixel((2, 1), 200)
    first.save(tmp_path / "x.gif", save_all=True, append_images=[second], optimize=True)
    with Image.open(tmp_path / "x.gif") as image:
        assert len(list(ImageSequence.Iterator(image))) == 2
    np.testing.assert_array_equal(shown(tmp_path / "x.gif", channels=1, position=1)[0], np.asarray(second))


def test_stand_ins_smaller_copies_and_previews_are_no_pages(tmp_path, pages):
    frames = [Image.new("L", (6, 4), value) for value in (1, 2, 3)]
    frames[0].save(tmp_path / "x.png", save_all=True, append_images=frames[1:], default_image=True)
    assert [page.position for page in pages_of(tmp_path / "x.png")] == [1, 2]
    copy = Image.new("L", (3, 2), 4)
    copy.encoderinfo = {"tiffinfo": {254: 1}}
    frames[0].save(tmp_path / "x.tif", save_all=True, append_images=[copy, frames[1]])
    assert [(page.position, page.width) for page in pages_of(tmp_path / "x.tif")] == [(0, 6), (2, 6)]
    frames[0].save(tmp_path / "x.jpg", "MPO", save_all=True, append_images=frames[1:])
    assert len(pages_of(tmp_path / "x.jpg")) == 1


def test_pages_of_a_file_differ_in_depth_and_size(tmp_path):
    deep = Image.fromarray(np.full((2, 3), 40_000, np.uint16))
    Image.new("L", (6, 4)).save(tmp_path / "x.tif", save_all=True, append_images=[deep])
    first, second = pages_of(tmp_path / "x.tif")
    assert (first.unusable, first.width) == ("", 6)
    assert (second.unusable, second.width) == ("holds 16 bits a channel (grey)", 3)


@pytest.mark.parametrize(
    ("mode", "colours", "transparent"),
    [
        ("1", "black and white", False), ("L", "grey", False), ("LA", "grey", True), ("P", "of a palette", False),
        ("RGB", "RGB", False), ("RGBA", "RGB", True), ("CMYK", "CMYK", False),
    ],
)  # fmt: skip
def test_how_colours_are_written_is_told(tmp_path, mode, colours, transparent):
    path = tmp_path / f"x.{'tif' if mode == 'CMYK' else 'png'}"
    Image.new(mode, (6, 4)).save(path)
    (page,) = pages_of(path)
    assert (page.colours, page.transparent, page.unusable) == (colours, transparent, "")
    assert shown(path).shape == (3, 4, 6)


def test_grey_and_colour_convert_both_ways(tmp_path, picture):
    grey = picture(tmp_path / "grey.png", mode="L")
    np.testing.assert_array_equal(shown(tmp_path / "grey.png"), np.stack([grey] * 3))
    colour = picture(tmp_path / "colour.png").astype(float)
    weighted = colour @ [0.299, 0.587, 0.114]
    assert np.abs(shown(tmp_path / "colour.png", channels=1)[0] - weighted).max() <= 1


@pytest.mark.parametrize("channels", [1, 3])
def test_cmyk_is_shown_as_its_inks_look(tmp_path, channels):
    Image.new("CMYK", (6, 4), (255, 0, 0, 0)).save(tmp_path / "x.tif")  # cyan
    expected = [0, 255, 255] if channels == 3 else [round(0.587 * 255 + 0.114 * 255)]
    assert np.abs(shown(tmp_path / "x.tif", channels=channels)[:, 0, 0].astype(int) - expected).max() <= 1


def test_transparent_pixels_lie_over_the_background(tmp_path, picture):
    values = picture(tmp_path / "x.png", mode="RGBA").astype(float)
    alpha = values[..., 3:] / 255
    for background, colour in (("black", 0), ("white", 255)):
        expected = values[..., :3] * alpha + colour * (1 - alpha)
        found = shown(tmp_path / "x.png", background=background).transpose(1, 2, 0)
        assert np.abs(found - expected).max() <= 1


@pytest.mark.parametrize("ending", ["png", "gif"])
def test_a_transparent_colour_of_a_palette_shows_the_background(tmp_path, ending):
    image = Image.new("P", (6, 4), 1)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((2, 1), 0)
    image.save(tmp_path / f"x.{ending}", transparency=0)
    (page,) = pages_of(tmp_path / f"x.{ending}")
    found = shown(tmp_path / f"x.{ending}", background="#102030")
    assert page.transparent
    assert (found[:, 1, 2].tolist(), found[:, 0, 0].tolist()) == ([16, 32, 48], [0, 255, 0])


def test_a_colour_profile_other_than_srgb_is_told(tmp_path):
    for name, profile, told in (("a", b"... sRGB IEC61966-2.1", False), ("b", b"Display P3", True), ("c", None, False)):
        Image.new("RGB", (6, 4)).save(tmp_path / f"{name}.png", icc_profile=profile)
        assert pages_of(tmp_path / f"{name}.png")[0].profile is told
