"""CelebA, aligned and cropped: a centre window of each picture, resized to 64×64, by the official partition.

The partition list is checked by its digest, and so is the archive of the pictures, out of which they are read without
unpacking it. Of an unpacked folder no digest is known: names, number, format and size of the pictures are checked, and
the description of the prepared data notes that their pixels weren't verified.

Neither the papers nor their code settle the window and the filter (the window of 140 pixels is that of WAE and RAE, 128
is the other one in MaskAAE's code, 108 that of widely used FID statistics), so both are options.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from latentdim.datasets.formats.checksums import Checksum
from latentdim.datasets.formats.local_copies import DownloadOptions, Part, PublishedSet
from latentdim.datasets.formats.picture_archives import fingerprint_of, pictures_in
from latentdim.datasets.formats.pictures import jpeg_of
from latentdim.datasets.formats.sources import is_folder, listed, quoted
from latentdim.registry.declarations import Dataset, SourceInfo
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.prepared import Writer

WIDTH, HEIGHT = 178, 218
SIDE = 64
LIST = "list_eval_partition.txt"
FOLDER = "img_align_celeba"
CHECKSUMS = {
    LIST: Checksum("md5", "d32c9cbf5e040fd4025c592c306e6668"),
    f"{FOLDER}.zip": Checksum("md5", "00d2c5bc6d35e252742224ab0c1e8fcb"),
}
COUNTS = {"train": 162_770, "validation": 19_867, "test": 19_962}  # of the official parts 0, 1 and 2


class CelebaOptions(DownloadOptions):
    """What is cut out of each picture, which official parts are trained on, and where the files lie."""

    crop: int | None = Field(
        140, ge=SIDE, le=WIDTH, description="side of the centre window, in pixels; null: the whole picture, squeezed"
    )
    resize: Literal["bilinear", "bicubic", "box", "lanczos"] = Field(
        "bilinear", description="Pillow's filter from the window to 64×64; each averages where it shrinks"
    )
    train_parts: Literal["train", "train+validation"] = Field(
        "train", description="official parts trained on; the official validation part then comes last"
    )


def inspect(options: CelebaOptions) -> SourceInfo:
    """Presence, and an unpacked folder's time and count; the contents are checked by ``prepare``."""
    source = _published()
    n_train = sum(COUNTS[part] for part in options.train_parts.split("+"))
    return SourceInfo(
        problems=source.problems(options),
        download=source.to_download(options),
        shape=(3, SIDE, SIDE),
        n_train=n_train,
        fingerprint=fingerprint_of((source.find(options) or {}).get("pictures"), each=False),
        prepared_mb=(n_train + COUNTS["test"]) * 3 * SIDE**2 / 1e6,
    )


def prepare(options: CelebaOptions, writer: Writer) -> None:
    """Decode picture by picture into bytes, in the order of the list, the official validation part last.

    Raises:
        DataRefused: naming the file or picture that isn't CelebA's, or what to put where if the download fails.
    """
    found = _published().have(options)
    parts = _partition(found["partition"])
    train_parts = options.train_parts.split("+")
    wanted = {"train": [name for part in train_parts for name in parts[part]], "test": parts["test"]}
    writer.n_validation = len(parts["validation"]) if "validation" in train_parts else 0
    with pictures_in(found["pictures"], CHECKSUMS[f"{FOLDER}.zip"]) as pictures:
        _verify(pictures.names, [name for names in parts.values() for name in names], found["pictures"])
        for part, names in wanted.items():
            target = writer.array(part, shape=(len(names), 3, SIDE, SIDE), dtype=np.uint8)
            for index, (_, content, title) in enumerate(pictures.each(names)):
                target[index] = _cut(content, title, options)
    if is_folder(found["pictures"]):
        writer.add_note("unpacked pictures have no published digest, so their pixels weren't verified")


def _partition(path: Path) -> dict[str, list[str]]:
    """The pictures of each official part, by their names in the archive."""
    parts: dict[str, list[str]] = {name: [] for name in COUNTS}
    names = tuple(COUNTS)
    for line in CHECKSUMS[LIST].content(path).decode("ascii").splitlines():
        name, part = line.split()
        parts[names[int(part)]].append(f"{FOLDER}/{name}")
    return parts


def _verify(found: tuple[str, ...], wanted: list[str], source: Path) -> None:
    """Whether the pictures are those of the list, by name.

    Raises:
        DataRefused: if not.
    """
    missing, extra = sorted(set(wanted).difference(found)), sorted(set(found).difference(wanted))
    if missing or extra:
        what = f"lacks {len(missing):,} of them" if missing else "has others too"
        raise DataRefused(
            f"{quoted(source)}: expected the {len(wanted):,} pictures of {quoted(LIST)}, but it {what}: "
            f"{listed(missing or extra)}"
        )


def _cut(content: bytes, title: str, options: CelebaOptions) -> NDArray[np.uint8]:
    """A picture's window as bytes ``(3, 64, 64)``. A window of 140 takes rows 39 … 178 and columns 19 … 158."""
    from PIL.Image import Resampling

    image = jpeg_of(content, title, width=WIDTH, height=HEIGHT)
    if options.crop is not None:
        left, top = (WIDTH - options.crop) // 2, (HEIGHT - options.crop) // 2
        # Cropped first: a resize's own `box` would let pixels outside of it bleed in at the borders.
        image = image.crop((left, top, left + options.crop, top + options.crop))
    return np.asarray(image.resize((SIDE, SIDE), Resampling[options.resize.upper()])).transpose(2, 0, 1)


def _published() -> PublishedSet:
    return PublishedSet(
        title="CelebA",
        parts={
            "partition": Part((LIST,), note=str(CHECKSUMS[LIST])),
            "pictures": Part((f"{FOLDER}.zip", f"{FOLDER}/"), note=str(CHECKSUMS[f"{FOLDER}.zip"])),
        },
        layout="celeba",
        loose_layouts=(".",),
        forms=f"packed or unpacked as the folder {quoted(FOLDER)}",
        origin="https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
        download=_download,
    )


def _download(scratch: Path) -> Path:
    importlib.import_module("torchvision.datasets").CelebA(scratch, split="test", download=True)
    return scratch / "celeba"


DATASET = Dataset(
    name="celeba",
    title="CelebA (64×64)",
    pattern="celeba",
    options=CelebaOptions,
    inspect="latentdim.datasets.celeba:inspect",
    prepare="latentdim.datasets.celeba:prepare",
    version=2,
    source="the aligned and cropped pictures and the partition list, from a folder or through torchvision",
    licence="non-commercial research only, by the agreement of its authors",
    citation="Z. Liu, P. Luo, X. Wang and X. Tang (2015), Deep learning face attributes in the wild, ICCV",
)
