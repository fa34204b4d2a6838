"""EuroSAT in RGB, from its archive (checked by its digest) or the unpacked folder of one folder for each class.

The set has no official split: a share is held out at random. Of an unpacked folder no digest is known: classes, names,
number, format and size of the pictures are checked, and the description of the prepared data notes that their pixels
weren't verified.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from latentdim.datasets.formats.checksums import Checksum
from latentdim.datasets.formats.local_copies import DownloadOptions, Part, PublishedSet
from latentdim.datasets.formats.picture_archives import fingerprint_of, pictures_in
from latentdim.datasets.formats.pictures import jpeg_of
from latentdim.datasets.formats.sources import is_folder, n_test_of, quoted, random_part, shuffled_parts
from latentdim.registry.declarations import Dataset, SourceInfo
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from latentdim.datasets.prepared import Writer

SIDE = 64
COUNT = 27_000
ARCHIVE = "EuroSAT.zip"
FOLDER = "2750"
CHECKSUM = Checksum("md5", "c8fa014336c82ac7804f0398fcb19387")
CLASSES = (
    "AnnualCrop", "Forest", "HerbaceousVegetation", "Highway", "Industrial", "Pasture", "PermanentCrop", "Residential",
    "River", "SeaLake",
)  # fmt: skip
NAME = re.compile(rf"{FOLDER}/(?P<name>\w+)/(?P=name)_(?P<number>\d+)\.jpg")


class EurosatOptions(DownloadOptions):
    """How EuroSAT is split, and where it lies."""

    test_fraction: float = Field(0.1, gt=0, lt=1, description="held out at random; 0.1 as in ALD-VAE")


def inspect(options: EurosatOptions) -> SourceInfo:
    """Presence, and of an unpacked folder names, sizes and times; the contents are checked by ``prepare``."""
    source = _published()
    return SourceInfo(
        problems=source.problems(options),
        download=source.to_download(options),
        shape=(3, SIDE, SIDE),
        n_train=COUNT - n_test_of(COUNT, options.test_fraction),
        n_classes=len(CLASSES),
        fingerprint=fingerprint_of((source.find(options) or {}).get("pictures"), each=True),
        prepared_mb=COUNT * (3 * SIDE**2 + 8) / 1e6,
    )


def prepare(options: EurosatOptions, writer: Writer) -> None:
    """Decode picture by picture into bytes, with the classes, both parts in random order.

    Raises:
        DataRefused: naming the file or picture that isn't EuroSAT's, or what to put where if the download fails.
    """
    source = _published().have(options)["pictures"]
    parts = shuffled_parts(COUNT, test_fraction=options.test_fraction, name="eurosat")
    writer.add_note(random_part(len(parts[1]), of=COUNT, noun="pictures"))
    with pictures_in(source, CHECKSUM) as pictures:
        ordered = _ordered(pictures.names, source)
        for part, chosen in zip(("train", "test"), parts, strict=True):
            target = writer.array(part, shape=(len(chosen), 3, SIDE, SIDE), dtype=np.uint8)
            names = [ordered[place] for place in chosen]
            for index, (_, content, title) in enumerate(pictures.each(names)):
                target[index] = np.asarray(jpeg_of(content, title, width=SIDE, height=SIDE)).transpose(2, 0, 1)
            classes = [CLASSES.index(name.split("/")[1]) for name in names]
            writer.save(f"{part}_labels", np.array(classes, dtype=np.int64))
    if is_folder(source):
        writer.add_note("unpacked pictures have no published digest, so their pixels weren't verified")


def _ordered(names: tuple[str, ...], source: Path) -> list[str]:
    """All pictures by class and number, in whatever order the source lists them.

    Raises:
        DataRefused: if these can't be the set's pictures.
    """
    keys = {}
    for name in names:
        match = NAME.fullmatch(name)
        if match is None or match["name"] not in CLASSES:
            raise DataRefused(f"{quoted(source)}: {quoted(name)} isn't named like EuroSAT's pictures")
        keys[name] = (match["name"], int(match["number"]))
    if len(keys) != COUNT or len({key[0] for key in keys.values()}) != len(CLASSES):
        raise DataRefused(
            f"{quoted(source)}: expected {COUNT:,} pictures of {len(CLASSES)} classes, found {len(keys):,} of "
            f"{len({key[0] for key in keys.values()})}"
        )
    return sorted(keys, key=lambda name: keys[name])


def _published() -> PublishedSet:
    return PublishedSet(
        title="EuroSAT",
        parts={"pictures": Part((ARCHIVE, f"{FOLDER}/"), note=str(CHECKSUM))},
        layout="eurosat",
        loose_layouts=(".",),
        forms=f"packed or unpacked as the folder {quoted(FOLDER)}",
        origin="https://zenodo.org/records/7711810",
        download=_download,
    )


def _download(scratch: Path) -> Path:
    importlib.import_module("torchvision.datasets").EuroSAT(scratch, download=True)
    return scratch / "eurosat"


DATASET = Dataset(
    name="eurosat",
    title="EuroSAT (RGB)",
    pattern="eurosat",
    options=EurosatOptions,
    inspect="latentdim.datasets.eurosat:inspect",
    prepare="latentdim.datasets.eurosat:prepare",
    in_random_order=True,
    source="the archive of the RGB pictures or its folder, or through torchvision",
    licence="MIT; the imagery under the terms of Copernicus Sentinel data",
    citation="P. Helber, B. Bischke, A. Dengel and D. Borth (2019), EuroSAT: a novel dataset and deep learning "
    "benchmark for land use and land cover classification, IEEE Journal of Selected Topics in Applied Earth "
    "Observations and Remote Sensing 12(7)",
)
