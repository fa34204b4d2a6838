"""Published sets that hold every combination of their factors once, in the order of levels, with their table.

dSprites and 3D Shapes are such. The publisher gives no split, so a share is held out at random. What is prepared:
images in random order, the levels of the factors that vary, and the shape as the class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from latentdim.datasets.formats.checksums import Checksum
from latentdim.datasets.formats.forms import chunks, rows_at_once
from latentdim.datasets.formats.hdf5_files import hdf5_array
from latentdim.datasets.formats.local_copies import DownloadOptions, Part, PublishedSet
from latentdim.datasets.formats.npy_files import Stored, mapped, npz_header
from latentdim.datasets.formats.sources import n_test_of, quoted, random_part, shuffled_parts
from latentdim.registry.declarations import SourceInfo
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.prepared import Writer

CLASSES = "shape"
TABLE_TOLERANCE = 1e-6  # the levels of every factor are further apart, and float64 holds them more closely


class FactorialOptions(DownloadOptions):
    """How the set is split, and where it lies. No paper states a split."""

    test_fraction: float = Field(0.1, gt=0, lt=1, description="share of the images that is held out at random")


@dataclass(frozen=True)
class Archive:
    """One form of a set's file, an npz or an hdf5 file.

    Attributes:
        images, table: names of the arrays in it.
    """

    checksum: Checksum
    images: str
    table: str


@dataclass(frozen=True)
class FactorialSet:
    """A published set of a complete factor space.

    Attributes:
        name: of its kind, and of the stream that splits it.
        archives: by file name, the one that is downloaded first.
        image: shape of an image as the file holds it, in bytes.
        shape: of a prepared one, ``(channels, height, width)``.
        factors: what the table says at each level of each factor, slowest first; a single level never varies.
        arranged: images as in the file to prepared ones; a ValueError's sentence says what is wrong with them.
        url, md5: of the first archive.
        other_layouts: folders where the archives may lie, besides that of the set's name.
    """

    name: str
    title: str
    archives: Mapping[str, Archive]
    image: tuple[int, ...]
    shape: tuple[int, ...]
    factors: Mapping[str, NDArray[Any]]
    arranged: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
    url: str
    md5: str
    other_layouts: tuple[str, ...] = ()

    @property
    def varying(self) -> dict[str, int]:
        """Levels of the factors that have more than one."""
        return {name: len(values) for name, values in self.factors.items() if len(values) > 1}

    def __len__(self) -> int:
        return prod(self.varying.values())

    def published(self) -> PublishedSet:
        """Where its file may lie, and how it is downloaded."""
        first, *others = self.archives
        note = " or ".join(str(archive.checksum) for archive in self.archives.values())
        return PublishedSet(
            title=self.title,
            parts={"archive": Part((first, *others), note=note)},
            layout=self.name,
            other_layouts=(*self.other_layouts, "."),
            forms=f"or {quoted(others[0])} instead" if others else "",
            origin=self.url,
            download=self._download,
        )

    def _download(self, scratch: Path) -> Path:
        from torchvision.datasets.utils import download_url

        download_url(self.url, str(scratch), filename=next(iter(self.archives)), md5=self.md5)
        return scratch


def source_info(options: FactorialOptions, source: FactorialSet) -> SourceInfo:
    """Presence only; the contents are checked by :func:`write`."""
    n = len(source)
    return SourceInfo(
        problems=source.published().problems(options),
        download=source.published().to_download(options),
        shape=source.shape,
        n_train=n - n_test_of(n, options.test_fraction),
        n_factors=len(source.varying),
        n_classes=source.varying[CLASSES],
        n_combinations=n,
        prepared_mb=n * (2 * prod(source.shape) + 4 * len(source.varying) + 8) / 1e6,  # 2: they are unpacked first
    )


def write(options: FactorialOptions, writer: Writer, source: FactorialSet) -> None:
    """Check the file and its table, then write both parts, never holding more than a piece of the images.

    Raises:
        DataRefused: naming the file, and what isn't as published.
    """
    file = source.published().have(options)["archive"]
    archive = source.archives[file.name]
    train, test = shuffled_parts(len(source), test_fraction=options.test_fraction, name=source.name)
    writer.add_note(random_part(len(test), of=len(source), noun="pictures"))
    with archive.checksum.opened(file):
        _check_table(source, _header(file, archive.table), writer.folder)
        _copy(source, _header(file, archive.images), writer, {"train": train, "test": test})
    for part, flat in (("train", train), ("test", test)):
        levels = np.stack(np.unravel_index(flat, tuple(source.varying.values())), axis=1)
        writer.save(f"{part}_factors", levels.astype(np.float32))
        writer.save(f"{part}_labels", levels[:, list(source.varying).index(CLASSES)].astype(np.int64))


def _header(file: Path, name: str) -> Stored:
    return npz_header(file, name) if file.suffix == ".npz" else hdf5_array(file, name)


def _check_table(source: FactorialSet, table: Stored, scratch: Path) -> None:
    """Whether row i of the table is the i-th combination of the factors."""
    sizes = tuple(len(values) for values in source.factors.values())
    if table.shape != (len(source), len(sizes)) or table.dtype.kind not in "iuf":
        raise DataRefused(
            f"{table.title}: expected a row of {len(sizes)} numbers for each of {len(source):,} images, "
            f"found {table.dtype} {table.shape}"
        )
    with mapped(table, scratch) as array:
        for start, rows in chunks(array):
            levels = np.unravel_index(np.arange(start, start + len(rows)), sizes)
            expected = np.stack([v[level] for v, level in zip(source.factors.values(), levels, strict=True)], axis=1)
            wrong = ~np.isclose(rows, expected, rtol=0, atol=TABLE_TOLERANCE).all(axis=1)
            if wrong.any():
                row = int(np.argmax(wrong))
                raise DataRefused(
                    f"{table.title}: row {start + row} doesn't fit its image: expected {expected[row].tolist()}, "
                    f"found {rows[row].tolist()}"
                )


def _copy(source: FactorialSet, images: Stored, writer: Writer, parts: Mapping[str, NDArray[np.int64]]) -> None:
    """Write the images at the given flat indices as each part, in that order.

    They are first unpacked in their own order: writing straight to random places would shatter the files on the disk.
    """
    if images.shape != (len(source), *source.image) or images.dtype != np.uint8:
        raise DataRefused(
            f"{images.title}: expected bytes {(len(source), *source.image)}, found {images.dtype} {images.shape}"
        )
    with mapped(images, writer.folder) as array:
        step = rows_at_once(array)
        for part, flat in parts.items():
            target = writer.array(part, shape=(len(flat), *source.shape), dtype=np.uint8)
            for start in range(0, len(flat), step):
                try:
                    target[start : start + step] = source.arranged(array[flat[start : start + step]])
                except ValueError as error:
                    raise DataRefused(f"{images.title}: {error}") from error
