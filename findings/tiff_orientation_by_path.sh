#!/usr/bin/env bash
# Pillow 13.0.0 gives other pixels of one uncompressed TIFF when it is opened by its path than by an open file.
#
# A TIFF whose orientation tag is 5, 6, 7 or 8 is shown with width and height exchanged, and Pillow turns it while it
# loads. Opened by its path, an uncompressed file is mapped into memory, and the turn goes wrong: the array comes out in
# its stored shape (2, 3), although .size said (2, 3), so width 2 and height 3. Opened as a file object, or compressed,
# the same picture comes out as the (3, 2) that it should. Orientations 1 to 4 are alike both ways.
# What to do: open the file yourself and hand Pillow the open file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 numpy==2.2.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
from PIL import Image, __version__

stored = 40 * np.arange(6, dtype=np.uint8).reshape(2, 3)  # two rows of three
ORIENTATION = 274


def shapes(orientation: int, **save: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    Image.fromarray(stored).save("picture.tif", exif=tags, **save)
    with Image.open("picture.tif") as image:
        by_path = np.asarray(image)
    with open("picture.tif", "rb") as file, Image.open(file) as image:
        by_file = np.asarray(image)
    return by_path.shape, by_file.shape


print("Pillow", __version__)
for orientation in range(1, 9):
    plain, compressed = shapes(orientation), shapes(orientation, compression="tiff_lzw")
    print(f"orientation {orientation}: plain by path {plain[0]}, by file {plain[1]}; LZW {compressed[0]}, {compressed[1]}")
    turned = (3, 2) if orientation >= 5 else (2, 3)
    assert plain[1] == compressed[0] == compressed[1] == turned, "an open file, or a compressed one, is right"
    assert plain[0] == (2, 3), "by its path a plain one isn't, from orientation 5 on; if this fails, it was mended"
PYTHON
