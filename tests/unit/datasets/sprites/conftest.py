"""Character sheets made for tests, and the real ones where they are."""

import hashlib
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentdim.datasets.formats import sprite_sheets
from latentdim.system.seeds import stream

SHEETS = os.environ.get("LATENTDIM_DATA") and Path(os.environ["LATENTDIM_DATA"]).resolve() / "sprites_sheets"


def made_sheet(name):
    """A PNG of 10 × 16 cells in blocks of 8 pixels: half of the pixels clear, some half opaque; some with a palette."""
    draws = stream("test", "sheet", name)
    pixels = draws.integers(0, 256, (128, 80, 4), dtype=np.uint8)
    pixels[..., 3] = draws.choice(np.array([0, 0, 255, 90], dtype=np.uint8), (128, 80))
    image = Image.fromarray(pixels)
    if name.startswith("hair"):
        image = image.convert("RGB").quantize(16)
        image.info["transparency"] = bytes([0] * 8 + [255] * 7 + [120])
    content = io.BytesIO()
    image.resize((640, 1024), Image.Resampling.NEAREST).save(
        content, "PNG", **({"transparency": image.info["transparency"]} if name.startswith("hair") else {})
    )
    return content.getvalue()


@pytest.fixture(scope="module")
def contents():
    """Made sheets by name."""
    return {name: made_sheet(name) for name in sprite_sheets._checksums()}


@pytest.fixture
def made(contents, tmp_path, monkeypatch):
    """A folder of made sheets, whose digests replace the real ones."""
    digests = {}
    for layer, numbers in sprite_sheets.SHEETS.items():
        names = [f"{layer}/{number}.png" if md5 else "" for number, md5 in enumerate(numbers)]
        digests[layer] = tuple(hashlib.md5(contents[name]).hexdigest() if name else "" for name in names)
    monkeypatch.setattr(sprite_sheets, "SHEETS", digests)
    for name, content in contents.items():
        (tmp_path / "sheets" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sheets" / name).write_bytes(content)
    return tmp_path / "sheets"


@pytest.fixture
def real():
    """The real sheets' folder, or the test is skipped."""
    if not SHEETS or not SHEETS.is_dir():
        pytest.skip("the published frames are only tried where the folder in LATENTDIM_DATA has 'sprites_sheets'")
    return SHEETS
